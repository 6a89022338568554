// SPDX-License-Identifier: Apache-2.0
// The training loop: epochs of shuffled, distorted batches, a checkpoint after each.
#include "sw_ref/training/train.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "sw_ref/training/augmentation.h"
#include "sw_ref/training/checkpoint.h"
#include "sw_ref/training/optimizer.h"
#include "sw_ref/training/precision.h"
#include "sw_ref/training/start.h"
#include "sw_ref/training/torch_network.h"
#include "types/util/hash.h"
#include "types/util/number_text.h"

namespace systoliq::sw_ref {
namespace {

constexpr std::int64_t kMeasureBatch = 500;

void check_images(const NetworkDescription& network, const LabeledImages& set) {
  const Shape& shape = set.images.shape;
  const std::string name = "data set '" + set.name + "'";
  if (shape.size() != 4 || shape[0] < 1 || !std::equal(shape.begin() + 1, shape.end(), network.input.begin() + 1)) {
    throw InputError(name + " has images " + to_string(shape) + "; network " + network.name + " takes n images of " +
                     to_string(Shape(network.input.begin() + 1, network.input.end())));
  }
  if (static_cast<std::int64_t>(set.labels.size()) != shape[0]) {
    throw InputError(name + " has " + std::to_string(set.labels.size()) + " labels for " + std::to_string(shape[0]) +
                     " images");
  }
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    if (set.labels[i] >= 0 && set.labels[i] < network.classes) continue;
    throw InputError(name + ": label " + std::to_string(set.labels[i]) + " of image " + std::to_string(i) + "; 0 to " +
                     std::to_string(network.classes - 1) + " are accepted");
  }
}

/// The images where they lie (not copied: `set` must outlive the tensor), and the labels.
struct TorchImages {
  explicit TorchImages(const LabeledImages& set)
      : images(torch::from_blob(const_cast<float*>(set.images.data.data()), set.images.shape, torch::kFloat32)),
        labels(torch::tensor(std::vector<std::int64_t>(set.labels.begin(), set.labels.end()), torch::kInt64)) {}
  torch::Tensor images, labels;
};

/// FNV-1a over words.
class Fingerprint final {
 public:
  void add(std::uint32_t word) { hash_.add_step(word); }
  void add(const std::vector<float>& values) {
    for (const float value : values) {
      std::uint32_t word = 0;
      std::memcpy(&word, &value, sizeof word);
      add(word);
    }
  }
  std::string text() const { return std::to_string(hash_.value()); }

 private:
  Fnv1a hash_;
};

/// All that fixes a training, but for its number of threads.
std::string identity_of(const Recipe& recipe, const LabeledImages& training, const NamedParameters& start) {
  Fingerprint data, given;
  data.add(training.images.data);
  for (const int label : training.labels) data.add(static_cast<std::uint32_t>(label));
  for (const auto& parameter : start) given.add(parameter.second.data);
  return to_text(recipe) + " images=" + std::to_string(training.labels.size()) + " data=" + data.text() +
         (start.empty() ? "" : " start=" + given.text());
}

struct Measured {
  double accuracy = 0.0, loss = 0.0;
};

Measured measure(TorchNetwork& network, const LabeledImages& set) {
  const torch::NoGradGuard no_gradient;
  const TorchImages data(set);
  const std::int64_t count = data.images.size(0);
  std::int64_t correct = 0;
  double loss = 0.0;
  for (std::int64_t start = 0; start < count; start += kMeasureBatch) {
    const std::int64_t end = std::min(count, start + kMeasureBatch);
    const torch::Tensor logits = network.forward(data.images.slice(0, start, end), false);
    const torch::Tensor labels = data.labels.slice(0, start, end);
    correct += logits.argmax(1).eq(labels).sum().item<std::int64_t>();
    loss += torch::cross_entropy_loss(logits, labels, {}, at::Reduction::Sum).item<double>();
  }
  return {static_cast<double>(correct) / static_cast<double>(count), loss / static_cast<double>(count)};
}

std::int64_t images_per_epoch(const Recipe& recipe, const LabeledImages& training) {
  const std::int64_t all = training.images.shape[0];
  return recipe.images_per_epoch > 0 ? std::min(all, recipe.images_per_epoch) : all;
}

class Trainer final {
 public:
  Trainer(const Recipe& recipe, const LabeledImages& training, const std::vector<LabeledImages>& tests,
          const ProgressCallback& progress, const NamedParameters& start)
      : recipe_(recipe),
        network_(start_network(recipe, start)),
        optimizer_(recipe, network_),
        training_(training),
        tests_(tests),
        progress_(progress),
        steps_(images_per_epoch(recipe, training) / recipe.batch) {
    if (!recipe.quantization) return;
    quantizer_.emplace(*recipe.quantization, network_.description());
    network_.quantize_with(&*quantizer_);
  }

  TrainResult run(const std::string& identity) {
    TrainResult result;
    if (!recipe_.checkpoint.empty()) {
      result.epoch_loss = read_checkpoint(recipe_.checkpoint, identity, state());
    }
    result.epochs_resumed = result.epochs_done = static_cast<int>(result.epoch_loss.size());
    if (result.epochs_done > 0) accuracies_ = measure_tests();
    while (result.epochs_done < recipe_.epochs) {
      if (!run_epoch(result.epochs_done)) {
        accuracies_.clear();  // they are those of an earlier epoch
        break;
      }
      result.epoch_loss.push_back(report_.loss);
      ++result.epochs_done;
      if (!recipe_.checkpoint.empty()) {
        write_checkpoint(recipe_.checkpoint, identity, state(), result.epoch_loss);
      }
      report_.test_accuracy = accuracies_ = measure_tests();
      if (progress_ && !progress_(report_)) break;
    }
    result.network = network_.description().name;
    result.parameters = network_.copy_parameters();
    if (quantizer_) result.activation_ranges = quantizer_->ranges();
    result.test_accuracy = accuracies_.empty() ? measure_tests() : accuracies_;
    return result;
  }

 private:
  /// False when the callback stopped it part way.
  bool run_epoch(int epoch) {
    std::mt19937_64 order_generator = epoch_generator(recipe_.seed, epoch, RandomStream::kOrder);
    std::mt19937_64 distortion_generator = epoch_generator(recipe_.seed, epoch, RandomStream::kDistortion);
    std::vector<std::int64_t> shuffle = shuffled(training_.images.size(0), order_generator);
    const torch::Tensor order = torch::tensor(shuffle, torch::kInt64);
    report_ = Progress{epoch + 1, recipe_.epochs, 0, steps_, 0.0, 0.0, {}};
    const int observe = recipe_.quantization ? recipe_.quantization->observe_epochs : 0;
    observing_ = observe == 0 || epoch < observe;
    double sum = 0.0;
    for (std::int64_t step = 0; step < steps_; ++step) {
      const torch::Tensor chosen = order.slice(0, step * recipe_.batch, (step + 1) * recipe_.batch);
      sum += run_step(chosen, epoch * steps_ + step, distortion_generator);
      report_.step = step + 1;
      report_.loss = sum / static_cast<double>(step + 1);
      if (progress_ && !progress_(report_)) return false;
    }
    return true;
  }

  double run_step(const torch::Tensor& chosen, std::int64_t step, std::mt19937_64& generator) {
    const torch::Tensor images = distort(training_.images.index_select(0, chosen), recipe_.augmentation, generator);
    if (quantizer_) quantizer_->observe(observing_);
    const torch::Tensor logits = forward(images);
    if (quantizer_) quantizer_->observe(false);
    const torch::Tensor loss = torch::cross_entropy_loss(logits, training_.labels.index_select(0, chosen));
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw InputError("training of " + recipe_.network + ": the loss is not finite at step " + std::to_string(step) +
                       " with learning_rate " + number_text(recipe_.learning_rate) +
                       "; a smaller one, or smaller inputs, are needed");
    }
    loss.backward();
    report_.learning_rate = scheduled_rate(recipe_, step, steps_ * recipe_.epochs, steps_);
    optimizer_.update(report_.learning_rate, step + 1);
    return value;
  }

  /// In the recipe's precision; bfloat16 convolutions are faster with channels innermost.
  torch::Tensor forward(const torch::Tensor& images) {
    if (recipe_.precision == Precision::kFloat32) return network_.forward(images, true);
    const PrecisionGuard guard(recipe_.precision);
    return network_.forward(images.contiguous(at::MemoryFormat::ChannelsLast), true).to(torch::kFloat32);
  }

  std::vector<double> measure_tests() {
    std::vector<double> accuracies;
    for (const LabeledImages& set : tests_) accuracies.push_back(measure(network_, set).accuracy);
    return accuracies;
  }

  /// All tensors that a training resumes from.
  NamedTensors state() {
    NamedTensors tensors = optimizer_.state();
    for (std::size_t i = 0; i < network_.parameters().size(); ++i) {
      tensors.emplace_back("parameter_" + std::to_string(i), network_.parameters()[i].value);
    }
    if (quantizer_) tensors.emplace_back("activation_ranges", quantizer_->state());
    return tensors;
  }

  const Recipe& recipe_;
  TorchNetwork network_;
  std::optional<QuantizationSimulator> quantizer_;
  bool observing_ = false;
  OptimizerState optimizer_;
  TorchImages training_;
  const std::vector<LabeledImages>& tests_;
  const ProgressCallback& progress_;
  std::int64_t steps_;  ///< of an epoch
  Progress report_;
  std::vector<double> accuracies_;
};

Measured measure_parameters(const std::string& network, const NamedParameters& parameters, const LabeledImages& images,
                            int threads) {
  at::set_num_threads(threads);
  TorchNetwork built(network, parameters);
  check_images(built.description(), images);
  return measure(built, images);
}

}  // namespace

TrainResult train(const Recipe& recipe, const LabeledImages& training, const std::vector<LabeledImages>& tests,
                  const ProgressCallback& progress, const NamedParameters& start) {
  validate(recipe);
  const NetworkDescription network = describe_network(recipe.network);
  check_images(network, training);
  for (const LabeledImages& set : tests) check_images(network, set);
  if (images_per_epoch(recipe, training) < recipe.batch) {
    throw InputError("data set '" + training.name + "' has " + std::to_string(training.images.shape[0]) +
                     " images, or images_per_epoch of it are used, fewer than a batch of " +
                     std::to_string(recipe.batch));
  }
  at::set_num_threads(recipe.threads);
  const std::string identity = recipe.checkpoint.empty() ? "" : identity_of(recipe, training, start);
  return Trainer(recipe, training, tests, progress, start).run(identity);
}

FloatTensor quantized_logits(const Recipe& recipe, const TrainResult& trained, const FloatTensor& images, int threads) {
  check(recipe.quantization.has_value(), "the recipe does not quantize");
  at::set_num_threads(threads);
  const torch::NoGradGuard no_gradient;
  TorchNetwork network(trained.network, trained.parameters);
  QuantizationSimulator quantizer(*recipe.quantization, network.description());
  quantizer.restore(trained.activation_ranges);
  network.quantize_with(&quantizer);
  const torch::Tensor logits =
      network.forward(torch::from_blob(const_cast<float*>(images.data.data()), images.shape, torch::kFloat32), false)
          .contiguous();
  const float* data = logits.data_ptr<float>();
  return FloatTensor({logits.size(0), logits.size(1)}, std::vector<float>(data, data + logits.numel()));
}

double measure_accuracy(const std::string& network, const NamedParameters& parameters, const LabeledImages& images,
                        int threads) {
  return measure_parameters(network, parameters, images, threads).accuracy;
}

double measure_loss(const std::string& network, const NamedParameters& parameters, const LabeledImages& images,
                    int threads) {
  return measure_parameters(network, parameters, images, threads).loss;
}

}  // namespace systoliq::sw_ref
