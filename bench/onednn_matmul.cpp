// SPDX-License-Identifier: Apache-2.0
// oneDNN's matmul primitive with everything but the multiplication done beforehand.
#include "bench/onednn_matmul.h"

#include <omp.h>

#include <cstdlib>
#include <dnnl.hpp>
#include <random>
#include <unordered_map>
#include <vector>

namespace systoliq::bench {
namespace {

using Descriptor = dnnl::memory::desc;
using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

void fill(dnnl::memory& memory, std::mt19937& generator) {
  auto* bytes = static_cast<std::uint8_t*>(memory.get_data_handle());
  for (std::size_t i = 0; i < memory.get_desc().get_size(); ++i) bytes[i] = static_cast<std::uint8_t>(generator());
}

}  // namespace

std::string limit_onednn() {
  // oneDNN 2.6 reads the first name and falls back on the second.
  setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_VNNI", 1);
  setenv("DNNL_MAX_CPU_ISA", "AVX512_CORE_VNNI", 1);
  omp_set_num_threads(1);
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_vnni:
      return "AVX512_CORE_VNNI";
    case dnnl::cpu_isa::avx512_core:
      return "AVX512_CORE";
    case dnnl::cpu_isa::avx2_vnni:
      return "AVX2_VNNI";
    case dnnl::cpu_isa::avx2:
      return "AVX2";
    default:
      return "another instruction set";
  }
}

struct OnednnMatmul::Primitive {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  dnnl::matmul::primitive_desc descriptor;
  dnnl::matmul matmul;
  std::unordered_map<int, dnnl::memory> arguments;
};

OnednnMatmul::OnednnMatmul(std::int64_t m, std::int64_t k, std::int64_t n) : primitive_(new Primitive) {
  Primitive& own = *primitive_;
  const Descriptor activations({m, k}, Type::u8, Tag::ab);
  const Descriptor weights({k, n}, Type::s8, Tag::any);
  const Descriptor sums({m, n}, Type::s32, Tag::ab);
  own.descriptor = {dnnl::matmul::desc(activations, weights, sums), own.engine};
  own.matmul = dnnl::matmul(own.descriptor);
  std::mt19937 generator(1);
  dnnl::memory source(activations, own.engine);
  dnnl::memory plain({{k, n}, Type::s8, Tag::ab}, own.engine);
  dnnl::memory packed(own.descriptor.weights_desc(), own.engine);
  fill(source, generator);
  fill(plain, generator);
  dnnl::reorder(plain, packed).execute(own.stream, plain, packed);
  own.arguments = {{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_DST, dnnl::memory(sums, own.engine)}};
  run();  // the first execution generates code
}

OnednnMatmul::~OnednnMatmul() = default;

void OnednnMatmul::run() {
  primitive_->matmul.execute(primitive_->stream, primitive_->arguments);
  primitive_->stream.wait();
}

std::string OnednnMatmul::implementation() const { return primitive_->descriptor.impl_info_str(); }

}  // namespace systoliq::bench
