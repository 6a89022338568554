// SPDX-License-Identifier: Apache-2.0
// Prepared oneDNN primitives (oneDNN 2.6, primitive attributes "scratchpad mode" and memory format propagation).
#include "sw_ref/float/dnnl_operation.h"

#include <omp.h>

#include <unordered_map>

namespace systoliq::sw_ref {

using dnnl::memory;

const dnnl::engine& cpu_engine() {
  static const dnnl::engine kEngine(dnnl::engine::kind::cpu, 0);
  return kEngine;
}

OneThread::OneThread() : threads_before_(omp_get_max_threads()) { omp_set_num_threads(1); }
OneThread::~OneThread() { omp_set_num_threads(threads_before_); }

dnnl::primitive_attr run_time_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

memory::desc any_layout(const Shape& shape) {
  return {memory::dims(shape.begin(), shape.end()), memory::data_type::f32, memory::format_tag::any};
}

memory::desc plain_layout(const Shape& shape, const Shape& strides) {
  Shape steps = strides;
  if (steps.empty()) {
    steps.assign(shape.size(), 1);
    for (std::size_t axis = shape.size(); axis > 1; --axis) steps[axis - 2] = steps[axis - 1] * shape[axis - 1];
  }
  return {memory::dims(shape.begin(), shape.end()), memory::data_type::f32, memory::dims(steps.begin(), steps.end())};
}

std::optional<DnnlOperation::Reorder> DnnlOperation::make_reorder(const memory::desc& from, const memory::desc& to) {
  if (from == to) return std::nullopt;
  const dnnl::reorder::primitive_desc description(cpu_engine(), from, cpu_engine(), to, run_time_scratchpad());
  return Reorder{dnnl::reorder(description), description.scratchpad_desc()};
}

void DnnlOperation::Reorder::run(dnnl::stream& stream, memory& from, memory& to) const {
  primitive.execute(
      stream, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, memory(scratchpad, cpu_engine())}});
}

void DnnlOperation::add_input(int argument, const memory::desc& plain, const memory::desc& preferred) {
  inputs_.push_back({argument, plain, preferred, make_reorder(plain, preferred)});
}

void DnnlOperation::add_constant(int argument, const std::vector<float>& values, const memory::desc& plain,
                                 const memory::desc& preferred) {
  memory kept(preferred, cpu_engine());
  memory given(plain, cpu_engine(), const_cast<float*>(values.data()));
  dnnl::stream stream(cpu_engine());
  if (const std::optional<Reorder> reorder = make_reorder(plain, preferred)) {
    reorder->run(stream, given, kept);
  } else {
    std::copy(values.begin(), values.end(), static_cast<float*>(kept.get_data_handle()));
  }
  stream.wait();
  constants_.emplace_back(argument, kept);
}

void DnnlOperation::set_output(const memory::desc& plain, const memory::desc& preferred) {
  output_ = {DNNL_ARG_DST, plain, preferred, make_reorder(preferred, plain)};
}

void DnnlOperation::run(const std::vector<const float*>& inputs, float* output) const {
  check(inputs.size() == inputs_.size(), "a oneDNN operation got the wrong number of inputs");
  dnnl::stream stream(cpu_engine());
  std::unordered_map<int, memory> arguments(constants_.begin(), constants_.end());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    memory plain(inputs_[i].plain, cpu_engine(), const_cast<float*>(inputs[i]));  // oneDNN only reads it
    if (!inputs_[i].reorder) {
      arguments.emplace(inputs_[i].index, plain);
      continue;
    }
    memory preferred(inputs_[i].preferred, cpu_engine());
    inputs_[i].reorder->run(stream, plain, preferred);
    arguments.emplace(inputs_[i].index, preferred);
  }
  memory plain(output_.plain, cpu_engine(), output);
  memory result = output_.reorder ? memory(output_.preferred, cpu_engine()) : plain;
  arguments.emplace(DNNL_ARG_DST, result);
  arguments.emplace(DNNL_ARG_SCRATCHPAD, memory(scratchpad_, cpu_engine()));
  primitive_.execute(stream, arguments);
  if (output_.reorder) output_.reorder->run(stream, result, plain);
  stream.wait();
}

}  // namespace systoliq::sw_ref
