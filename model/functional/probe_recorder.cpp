// SPDX-License-Identifier: Apache-2.0
// Copies what a POST has written into the tensor it is part of.
#include "model/functional/probe_recorder.h"

#include <algorithm>

namespace systoliq::model {

ProbeRecorder::ProbeRecorder(const Program& program, bool enabled) {
  if (!enabled) return;
  program_ = &program;
  tensors_.resize(program.tensor_shapes.size());
}

void ProbeRecorder::completed(std::int64_t command, const Post& post, Storage& state) {
  if (program_ == nullptr) return;
  const std::vector<Probe>& probes = program_->probes;
  while (last_found_ < probes.size() && probes[last_found_].command < command) ++last_found_;
  if (last_found_ == probes.size() || probes[last_found_].command != command) return;
  const Probe& probe = probes[last_found_];
  const Shape& shape = program_->tensor_shapes[static_cast<std::size_t>(probe.tensor)];
  IntTensor& tensor = tensors_[static_cast<std::size_t>(probe.tensor)];
  if (tensor.data.empty()) tensor = IntTensor(shape);
  const int rows = state.config.array.rows;
  for (int y = 0; y < post.height; ++y) {
    for (int x = 0; x < post.width; ++x) {
      const std::int64_t pixel =
          post.output_address + std::int64_t{y} * post.output_row_pitch + std::int64_t{x} * post.output_pixel_pitch;
      for (int c = post.channel_offset; c < post.channel_offset + post.channels; ++c) {
        const std::int64_t at =
            ((std::int64_t{probe.channel} + c) * shape[2] + probe.y + std::int64_t{y} * probe.step_y) * shape[3] +
            probe.x + std::int64_t{x} * probe.step_x;
        check(at >= 0 && at < static_cast<std::int64_t>(tensor.data.size()), "a probe leaves its tensor");
        tensor.data[static_cast<std::size_t>(at)] = state.activations.words(pixel + c / rows)[c % rows];
      }
    }
  }
}

}  // namespace systoliq::model
