// SPDX-License-Identifier: Apache-2.0
// The kernels of a build that has none: is_available() is false for them, so a call is an internal error.
#include "model/arith/simd/instruction_sets.h"

#if !SYSTOLIQ_X86_KERNELS
#include "model/arith/bulk_rounding.h"
#include "model/arith/simd/matmul_kernels.h"
#include "types/error.h"

namespace systoliq::model {
namespace {

[[noreturn]] void refuse() { throw InternalError("this build has no AVX2 and AVX-512 kernels"); }

}  // namespace

void requantize_block_avx512(BulkForm, const Block&, const Pixels&, const OutputRange&, Findings*) { refuse(); }
std::int64_t add_avx512(BulkForm, const AddConstants&, const AddOperands&, const OutputRange&) { refuse(); }

namespace kernels {

void pack_weights_avx512(const WeightWords&, PackedWeights*) { refuse(); }
void pack_activations_avx512(OperandWidth, const std::int16_t*, int, std::uint32_t*) { refuse(); }
void multiply_accumulate_avx512(const PackedWeights&, const ActivationTile&, std::int64_t*) { refuse(); }
void pack_weights_avx2(const WeightWords&, PackedWeights*) { refuse(); }
void multiply_accumulate_avx2(const PackedWeights&, const ActivationTile&, std::int64_t*) { refuse(); }

}  // namespace kernels
}  // namespace systoliq::model
#endif
