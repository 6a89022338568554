// SPDX-License-Identifier: Apache-2.0
// oneDNN's int8 matrix multiplication: the yardstick for what this core can do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace systoliq::bench {

/// Keeps oneDNN to AVX512-VNNI and one thread. To be called before anything uses oneDNN. Names the instruction set that
/// oneDNN then uses, which is a lesser one where the processor has no AVX512-VNNI.
std::string limit_onednn();

/// u8 [m, k] × s8 [k, n] -> s32 [m, n], weights already in oneDNN's own layout.
class OnednnMatmul final {
 public:
  OnednnMatmul(std::int64_t m, std::int64_t k, std::int64_t n);
  ~OnednnMatmul();
  OnednnMatmul(const OnednnMatmul&) = delete;
  OnednnMatmul& operator=(const OnednnMatmul&) = delete;
  void run();
  /// Name of oneDNN's implementation.
  std::string implementation() const;

 private:
  struct Primitive;
  std::unique_ptr<Primitive> primitive_;
};

}  // namespace systoliq::bench
