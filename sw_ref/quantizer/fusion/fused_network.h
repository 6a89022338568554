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

/// A node of the graph that a layer computes.
struct FusedNode {
  std::string text;        ///< "name (operator)"
  std::string output;      ///< the tensor that it makes in the graph
  bool fits_host = false;  ///< it could begin a part of the host
};

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
  Function function = Function::kIdentity;
  std::vector<FusedNode> nodes;  ///< what it was made of, in the graph's order
};

struct FusedTensor {
  std::string name;  ///< of the float tensor after the fused activation
  Shape shape;       ///< [1, c, h, w]
};

struct FusedNetwork {
  std::vector<FusedTensor> tensors;
  std::vector<FusedLayer> layers;
  std::vector<HostPart> host_parts;  ///< as in QuantizedNetwork, with this network's tensors
  std::vector<int> inputs;
  std::vector<int> outputs;            ///< or kHostValue
  std::vector<std::string> vanished;   ///< nodes that cost nothing, each as "name (operator)"
  std::vector<std::string> obstacles;  ///< what cannot be executed, a text each; empty from lower()
};

/// Operator that the reader puts where integers change their scale without any other operation; no ONNX name.
inline constexpr const char* kRequantize = "Requantize";

struct LoweringInput {
  const Graph* graph = nullptr;
  std::map<std::string, Constant> constants;  ///< in place of the graph's
  std::set<std::string> boundaries;           ///< tensors with integers of their own, which nothing may be fused across
  bool quantized = false;                     ///< constants are integers: nothing may be folded into weights
};

/// Fuses a graph into layers: batch normalization, constant addition, ReLU, Clip and Pad vanish into their neighbors,
/// and operators that only reshape vanish. What no layer computes goes to the host, where the table of
/// host_operators.h allows it. Throws InputError that names every node that cannot be executed, and why.
FusedNetwork lower(const LoweringInput& input);

/// The same, where obstacles are listed in the result, in the graph's order, instead of thrown. Behind an obstacle the
/// walk goes on as if there were a layer.
FusedNetwork lower_collecting(const LoweringInput& input);

/// True where a layer reads the tensor, or a host part dequantizes it.
bool is_read_as_integers(const FusedNetwork& network, int tensor);

}  // namespace systoliq::sw_ref
