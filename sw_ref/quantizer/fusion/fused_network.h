// SPDX-License-Identifier: Apache-2.0
// A network after lowering: the layers that the machine will execute, still without scales.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sw_ref/quantizer/fusion/constant.h"
#include "types/graph.h"
#include "types/quantized_network.h"

namespace systoliq::sw_ref {

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
  int axis = 1;      ///< of a concatenation
  Constant weights;  ///< [o, i / groups, kh, kw]
  Constant bias;     ///< o values, or none
  double clamp_low = -std::numeric_limits<double>::infinity();
  double clamp_high = std::numeric_limits<double>::infinity();
  bool count_include_pad = false;
  bool sums_as_in_file = false;  ///< as in QuantizedLayer
  ElementFunction function;      ///< of a kLookup layer; empty: a ReLU or Clip that no layer could absorb, or nothing
  std::vector<std::int64_t> table;  ///< kLookup, where the graph gives the stored outputs themselves
  Move move;
  std::string value;             ///< of the graph, that the output holds; empty: the output tensor's name
  std::vector<FusedNode> nodes;  ///< what it was made of, in the graph's order
};

struct FusedTensor {
  std::string name;        ///< of the float tensor after the fused activation
  Shape shape;             ///< [1, c, h, w]
  std::string value = {};  ///< of the graph, whose elements it holds; empty: `name`
  Layout layout = {};      ///< of that value
  int scale_of = -1;       ///< no tensor of the graph: it has the scale and zero point of that tensor
  bool mirrored = false;   ///< with `scale_of`: zero point -1 - Z, for the integers -1 - q of its negative

  const std::string& graph_value() const { return value.empty() ? name : value; }
};

struct FusedNetwork {
  std::vector<FusedTensor> tensors;
  std::vector<FusedLayer> layers;
  std::vector<HostPart> host_parts;  ///< as in QuantizedNetwork, with this network's tensors
  std::vector<int> inputs;
  std::vector<int> outputs;            ///< or kHostValue
  std::map<int, Constant> constants;   ///< tensors that no layer computes, [1, c, h, w]
  std::vector<Layout> output_layouts;  ///< one for each output
  /// Values of the graph that are whole tensors in another order, and that order.
  std::map<std::string, std::pair<int, Layout>> views;
  std::vector<std::string> vanished;   ///< nodes that cost nothing, each as "name (operator)"
  std::vector<std::string> obstacles;  ///< what cannot be executed, a text each; empty from lower()
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
/// and operators that only reshape vanish. What no layer computes goes to the host, where the table of
/// host_operators.h allows it. Throws InputError that names every node that cannot be executed, and why.
FusedNetwork lower(const LoweringInput& input);

/// The same, where obstacles are listed in the result, in the graph's order, instead of thrown. Behind an obstacle the
/// walk goes on as if there were a layer.
FusedNetwork lower_collecting(const LoweringInput& input);

/// True where a layer reads the tensor, or a host part dequantizes it.
bool is_read_as_integers(const FusedNetwork& network, int tensor);

}  // namespace systoliq::sw_ref
