// SPDX-License-Identifier: Apache-2.0
// Checkpoints as libtorch archives of named tensors and one text.
#include "sw_ref/training/checkpoint.h"

#include <filesystem>

#include "types/error.h"
#include "types/util/atomic_file.h"

namespace systoliq::sw_ref {
namespace {

/// Reads a tensor of exactly that shape and type into `into`.
void read_into(torch::serialize::InputArchive& archive, const std::string& key, const torch::Tensor& into) {
  torch::Tensor found;
  archive.read(key, found);
  TORCH_CHECK(found.sizes() == into.sizes() && found.scalar_type() == into.scalar_type(), "shape of ", key);
  const torch::NoGradGuard no_gradient;
  into.copy_(found);
}

}  // namespace

void write_checkpoint(const std::string& path, const std::string& identity, const NamedTensors& tensors,
                      const std::vector<double>& epoch_loss) {
  torch::serialize::OutputArchive archive;
  archive.write("identity", c10::IValue(identity));
  archive.write("epoch_loss", torch::tensor(epoch_loss, torch::kFloat64));
  for (const auto& [key, tensor] : tensors) archive.write(key, tensor.detach());
  std::string bytes;
  archive.save_to([&bytes](const void* more, std::size_t count) {
    bytes.append(static_cast<const char*>(more), count);
    return count;
  });
  write_file(path, bytes);
}

std::vector<double> read_checkpoint(const std::string& path, const std::string& identity, const NamedTensors& tensors) {
  if (!std::filesystem::exists(path)) return {};
  c10::IValue found;
  torch::Tensor losses;
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path);
    archive.read("identity", found);
    TORCH_CHECK(found.isString(), "identity");
    if (found.toStringRef() == identity) {
      for (const auto& [key, tensor] : tensors) read_into(archive, key, tensor);
      archive.read("epoch_loss", losses);
      TORCH_CHECK(losses.dim() == 1 && losses.scalar_type() == torch::kFloat64, "epoch_loss");
    }
  } catch (const std::exception&) {
    throw InputError(path + ": is no checkpoint, or a damaged one; remove it to begin anew");
  }
  if (found.toStringRef() != identity) {
    throw InputError(path + ": is the checkpoint of another training (" + found.toStringRef() + "), not of (" +
                     identity + "); name another file, or remove it to begin anew");
  }
  const torch::Tensor dense = losses.contiguous();
  return std::vector<double>(dense.data_ptr<double>(), dense.data_ptr<double>() + dense.numel());
}

}  // namespace systoliq::sw_ref
