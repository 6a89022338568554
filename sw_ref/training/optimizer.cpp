// SPDX-License-Identifier: Apache-2.0
// Optimizers written out in tensor operations, so that their state is explicit.
#include "sw_ref/training/optimizer.h"

#include <algorithm>
#include <cmath>

namespace systoliq::sw_ref {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8, kPi = 3.14159265358979323846;

}  // namespace

OptimizerState::OptimizerState(const Recipe& recipe, TorchNetwork& network) : recipe_(recipe), network_(network) {
  for (const TorchParameter& parameter : network.parameters()) {
    first_.push_back(torch::zeros_like(parameter.value, torch::requires_grad(false)));
    second_.push_back(torch::zeros_like(parameter.value, torch::requires_grad(false)));
  }
}

void OptimizerState::update(double learning_rate, std::int64_t step) {
  const torch::NoGradGuard no_gradient;
  const double steps = static_cast<double>(step);
  const double bias1 = 1.0 - std::pow(kBeta1, steps), bias2 = 1.0 - std::pow(kBeta2, steps);
  std::vector<TorchParameter>& parameters = network_.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!parameters[i].learned) continue;
    torch::Tensor& weight = parameters[i].value;
    torch::Tensor gradient = weight.grad();
    check(gradient.defined(), "no gradient reaches parameter " + parameters[i].name);
    const double decay = weight.dim() >= 2 ? recipe_.weight_decay : 0.0;
    if (recipe_.optimizer == Optimizer::kSgd) {
      if (decay != 0.0) gradient = gradient + decay * weight;
      first_[i].mul_(recipe_.momentum).add_(gradient);
      weight.sub_(first_[i], learning_rate);
    } else {
      if (decay != 0.0) weight.mul_(1.0 - learning_rate * decay);
      first_[i].mul_(kBeta1).add_(gradient, 1.0 - kBeta1);
      second_[i].mul_(kBeta2).addcmul_(gradient, gradient, 1.0 - kBeta2);
      const torch::Tensor denominator = (second_[i] / bias2).sqrt_().add_(kEpsilon);
      weight.addcdiv_(first_[i], denominator, -learning_rate / bias1);
    }
    weight.mutable_grad().reset();
  }
}

std::vector<std::pair<std::string, torch::Tensor>> OptimizerState::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (std::size_t i = 0; i < first_.size(); ++i) {
    const std::string number = std::to_string(i);
    tensors.emplace_back("optimizer_first_" + number, first_[i]);
    if (recipe_.optimizer == Optimizer::kAdam) tensors.emplace_back("optimizer_second_" + number, second_[i]);
  }
  return tensors;
}

double scheduled_rate(const Recipe& recipe, std::int64_t step, std::int64_t steps, std::int64_t steps_per_epoch) {
  const double warmup = static_cast<double>(recipe.warmup_epochs * steps_per_epoch);
  const double rise = warmup > 0.0 ? std::min(1.0, static_cast<double>(step + 1) / warmup) : 1.0;
  const double rate = recipe.learning_rate * rise;
  if (recipe.schedule == Schedule::kConstant) return rate;
  if (recipe.schedule == Schedule::kStep) {
    const std::int64_t drops = step / steps_per_epoch / recipe.step_epochs;
    return rate * std::pow(recipe.step_factor, static_cast<double>(drops));
  }
  const double done = static_cast<double>(step) / static_cast<double>(steps);
  return rate * 0.5 * (1.0 + std::cos(kPi * done));
}

}  // namespace systoliq::sw_ref
