// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite files as graphs of ONNX operators: channels first, quantized tensors between QuantizeLinear and
// DequantizeLinear. Beside the graph stands what ONNX's operators do not say of TensorFlow Lite's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types/graph.h"

namespace systoliq::sw_ref {

/// What is fused behind an operator.
enum class TfliteActivation { kNone, kRelu, kReluN1To1, kRelu6 };

/// Operators whose integers TensorFlow Lite defines in a way of its own.
enum class TfliteOp {
  kOther,  ///< the rules of docs/numerics.md, as for ONNX
  kConvolution,
  kFullyConnected,
  kAveragePool,
  kMean,
  kRelu,  ///< with its kind as activation
  kLeakyRelu,
  kHardSwish,
  kLogistic,
  kTanh,
  kRescale,
  kSoftmax,
  kSum,  ///< ADD, SUB, MUL; of tensors as for ONNX
  kDifference,
  kProduct,
};

/// An operand of one constant integer.
struct TfliteNumber {
  float scale = 1.0F;
  std::int32_t centered = 0;  ///< less its zero point
  bool is_first = false;
};

/// An operator of the file, known by the name of its node, "<OPERATOR>_<place in the file>".
struct TfliteOperator {
  TfliteOp op = TfliteOp::kOther;
  TfliteActivation activation = TfliteActivation::kNone;
  float alpha = 0.0F;                  ///< slope of kLeakyRelu; beta of kSoftmax
  bool is_unsigned = false;            ///< its first input is UINT8 in the file
  bool narrow_bias = false;            ///< INT16 activations beside a bias of INT32
  std::optional<TfliteNumber> number;  ///< of kSum, kDifference and kProduct of a tensor and a number
};

/// Scale and zero point of an integer tensor, as the file has them.
struct TfliteScale {
  float scale = 1.0F;
  std::int32_t zero_point = 0;
  bool is_unsigned = false;
};

struct TfliteNetwork {
  Graph graph;
  std::map<std::string, TfliteOperator> operators;  ///< by node name
  std::map<std::string, Shape> file_shapes;         ///< of inputs and outputs whose channels are last in the file
  /// Of outputs that are integers or were before a last DEQUANTIZE, by name.
  std::map<std::string, TfliteScale> output_scales;
};

/// True for bytes that bear the identifier of TensorFlow Lite files.
bool is_tflite(const std::string& bytes);
/// True for a readable file of such bytes.
bool is_tflite_file(const std::string& path);

/// Reads a file. Throws InputError, naming the file, for what is damaged, hostile or not supported.
TfliteNetwork read_tflite(const std::string& path);
/// The same of bytes; `origin` names them in errors.
TfliteNetwork parse_tflite(const std::string& bytes, const std::string& origin);

/// "ADD, AVERAGE_POOL_2D, …": the operators that are read.
std::string supported_tflite_operators();

}  // namespace systoliq::sw_ref
