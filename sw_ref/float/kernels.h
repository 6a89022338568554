// SPDX-License-Identifier: Apache-2.0
// The float executor's computations: each node becomes a Kernel once and runs many times. Internal to the importer.
#pragma once

#include <functional>
#include <vector>

#include "sw_ref/frontend/graph/node_view.h"

namespace systoliq::sw_ref {

/// The tensors of the node's inputs `Kernel::operands`, in that order.
using Operands = std::vector<const FloatTensor*>;

/// A node ready to run. `run` may be called from several threads at once.
struct Kernel {
  std::vector<std::size_t> operands;  ///< indices of the inputs it reads at run time
  std::function<FloatTensor(const Operands&)> run;
};

/// A node to prepare: `constants[i]` is input i where it depends on constants alone, else null. The pointers outlive
/// the kernel.
struct KernelRequest {
  NodeView view;
  Operands constants;
  Shape output;
};

/// The kernel of a node that passed the operator rules. Throws InputError naming the node where there is none.
Kernel make_kernel(const KernelRequest& request);

// With oneDNN.
Kernel make_convolution(const KernelRequest& request);
Kernel make_matmul(const KernelRequest& request);
Kernel make_gemm(const KernelRequest& request);
Kernel make_max_pool(const KernelRequest& request);
Kernel make_average_pool(const KernelRequest& request);

// Plain loops.
Kernel make_unary(const KernelRequest& request);
Kernel make_binary(const KernelRequest& request);
Kernel make_variadic(const KernelRequest& request);
Kernel make_logical_not(const KernelRequest& request);
Kernel make_where(const KernelRequest& request);
Kernel make_cast(const KernelRequest& request);
Kernel make_softmax(const KernelRequest& request);
Kernel make_batch_normalization(const KernelRequest& request);
Kernel make_instance_normalization(const KernelRequest& request);
Kernel make_group_normalization(const KernelRequest& request);
Kernel make_layer_normalization(const KernelRequest& request);
Kernel make_lrn(const KernelRequest& request);
Kernel make_reduction(const KernelRequest& request);
Kernel make_arg_extreme(const KernelRequest& request);
Kernel make_global_average_pool(const KernelRequest& request);
Kernel make_global_max_pool(const KernelRequest& request);
Kernel make_convolution_transpose(const KernelRequest& request);
Kernel make_same_elements(const KernelRequest& request);
Kernel make_moved(const KernelRequest& request);
Kernel make_concat(const KernelRequest& request);
Kernel make_resize(const KernelRequest& request);

// On integers, held as float.
Kernel make_quantize(const KernelRequest& request);
Kernel make_dequantize(const KernelRequest& request);
Kernel make_dynamic_quantize(const KernelRequest& request);
Kernel make_convolution_integer(const KernelRequest& request);
Kernel make_matmul_integer(const KernelRequest& request);
Kernel make_qlinear_convolution(const KernelRequest& request);
Kernel make_qlinear_matmul(const KernelRequest& request);
Kernel make_qlinear_average_pool(const KernelRequest& request);
Kernel make_qlinear_global_average_pool(const KernelRequest& request);
Kernel make_qlinear_binary(const KernelRequest& request);
Kernel make_qlinear_unary(const KernelRequest& request);
Kernel make_qlinear_concat(const KernelRequest& request);
Kernel make_qgemm(const KernelRequest& request);
Kernel make_quant(const KernelRequest& request);
Kernel make_trunc(const KernelRequest& request);
Kernel make_bipolar_quant(const KernelRequest& request);
Kernel make_requant_shift(const KernelRequest& request);
Kernel make_qlinear_softmax(const KernelRequest& request);
Kernel make_top_k(const KernelRequest& request);
Kernel make_non_max_suppression(const KernelRequest& request);

}  // namespace systoliq::sw_ref
