// SPDX-License-Identifier: Apache-2.0
// A network after lowering: the layers that the machine will execute, still without scales.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sw_ref/quantizer/fusion/constant.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

/// Elementwise function of a kLookup layer; kIdentity serves a ReLU or Clip that no layer could absorb.
enum class Function { kIdentity, kSigmoid, kTanh };

struct FusedLayer {
  std::string name;
  std::string where;  ///< the node, as errors name it
  LayerOp op = LayerOp::kConvolution;
  std::vector<int> inputs;
  int output = -1;
  Window window;
  int groups = 1;
  bool fully_connected = false;
  Constant weights;  ///< [o, i / groups, kh, kw]
  Constant bias;     ///< o values, or none
  double clamp_low = -std::numeric_limits<double>::infinity();
  double clamp_high = std::numeric_limits<double>::infinity();
  bool count_include_pad = false;
  bool sums_as_in_file = false;  ///< as in QuantizedLayer
  Function function = Function::kIdentity;
  std::vector<std::int64_t> table;  ///< kLookup, where the graph gives the stored outputs themselves
};

struct FusedTensor {
  std::string name;  ///< of the float tensor after the fused activation
  Shape shape;       ///< [1, c, h, w]
};

struct FusedNetwork {
  std::vector<FusedTensor> tensors;
  std::vector<FusedLayer> layers;
  std::vector<int> inputs, outputs;
  bool softmax_on_host = false;
};

/// Operator that the reader puts where integers change their scale without any other operation; no ONNX name.
inline constexpr const char* kRequantize = "Requantize";
/// Its attributes where it is more: the stored output of every stored input from the lowest on, and the factor between
/// the reals that both stand for.
inline constexpr const char* kTableAttribute = "table";
inline constexpr const char* kFactorAttribute = "factor";
/// Attribute of an Add that a form gives: not 0 where the file's integers themselves are summed.
inline constexpr const char* kAsInFileAttribute = "as_in_file";

struct LoweringInput {
  const Graph* graph = nullptr;
  std::map<std::string, Constant> constants;  ///< in place of the graph's
  std::set<std::string> boundaries;           ///< tensors with integers of their own, which nothing may be fused across
  bool quantized = false;                     ///< constants are integers: nothing may be folded into weights
};

/// Fuses a graph into layers: batch normalization, constant addition, ReLU, Clip and Pad vanish into their neighbors,
/// and operators that only reshape vanish. Throws InputError naming the node and why it cannot be executed.
FusedNetwork lower(const LoweringInput& input);

}  // namespace systoliq::sw_ref
