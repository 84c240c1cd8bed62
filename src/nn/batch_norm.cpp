// SPDX-License-Identifier: MIT
#include "tally/nn/batch_norm.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "channel_sums.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr std::string_view kName = "batch-norm";

// to += from, or to = from.
void put(Real from, Real& to, Into into) {
  to = into == Into::kAdd ? to + from : from;
}

// Of a group of channels, in registers.
using Lanes = std::array<Real, kChannelLanes>;

Lanes lanes_of(const Real* values, Index count) {
  Lanes lanes{};
  std::copy_n(values, count, lanes.begin());
  return lanes;
}

}  // namespace

std::optional<BatchNormSpec> BatchNormSpec::parse(const SpecToken& token) {
  if (!token.text.starts_with(kName)) return std::nullopt;
  std::string_view rest = token.text.substr(kName.size());
  BatchNormSpec spec;
  if (rest.empty()) return spec;
  if (rest.front() != ':') return std::nullopt;
  rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find(':'), rest.size());
  // Written so that a NaN is refused. A smaller epsilon is 0 beside most variances in float.
  bool is_valid =
      parse_number(rest.substr(0, end), spec.momentum) && spec.momentum >= 0 && spec.momentum <= 1;
  if (end < rest.size()) {
    is_valid = is_valid && parse_number(rest.substr(end + 1), spec.epsilon) &&
               spec.epsilon >= 1e-12 && spec.epsilon <= 1;
  }
  if (!is_valid) {
    token.refuse(
        "needs a momentum from 0 to 1 and an epsilon from 1e-12 to 1, as in batch-norm:0.1:1e-5");
  }
  return spec;
}

std::unique_ptr<Layer> BatchNormSpec::make_layer(Shape input) const {
  return std::make_unique<BatchNorm>(input, *this);
}

BatchNorm::BatchNorm(Shape shape, const BatchNormSpec& spec)
    : Layer(shape, shape),
      spec_(spec),
      channels_(shape.channels),
      bias_(aligned_size(row_size(channels_))),
      running_mean_(2 * bias_),
      running_variance_(3 * bias_) {}

std::vector<ParameterShape> BatchNorm::parameter_shapes() const {
  const double share = spec_.momentum;
  return {{"weight", Role::kScale, 1, channels_},
          {"bias", Role::kBias, 1, channels_},
          {"running_mean", Role::kStatistic, 1, channels_, share},
          {"running_var", Role::kStatistic, 1, channels_, share, 0}};
}

void BatchNorm::initialize_parameters(Initializer /*initializer*/, RandomStream& /*stream*/,
                                      Real* parameters) const {
  std::fill_n(parameters, channels_, Real{1});
  std::fill_n(parameters + running_variance_, channels_, Real{1});
}

BatchNorm::Statistics BatchNorm::statistics_at(Real* memory) const {
  return {memory, memory + channels_, memory + 2 * channels_};
}

// In two passes: the squares of what is far from 0 would swallow its variance.
void BatchNorm::measure(const Real* values, Index positions, const Statistics& found) const {
  const Index channels = channels_;
  const auto count = static_cast<Real>(positions);
  sum_over_positions(positions, channels, found.mean,
                     [=](Index p, Index c) { return values[p * channels + c]; });
  for (Index c = 0; c < channels; ++c) found.mean[c] /= count;
  const Real* mean = found.mean;
  sum_over_positions(positions, channels, found.variance, [=](Index p, Index c) {
    const Real distance = values[p * channels + c] - mean[c];
    return distance * distance;
  });
  for (Index c = 0; c < channels; ++c) {
    const Real variance = found.variance[c] / count;
    found.inverse_deviation[c] = 1 / std::sqrt(variance + static_cast<Real>(spec_.epsilon));
    found.variance[c] /= count - 1;
  }
}

void BatchNorm::take_running(const Real* parameters, const Statistics& found) const {
  for (Index c = 0; c < channels_; ++c) {
    found.mean[c] = parameters[running_mean_ + c];
    found.variance[c] = parameters[running_variance_ + c];
    found.inverse_deviation[c] =
        1 / std::sqrt(found.variance[c] + static_cast<Real>(spec_.epsilon));
  }
}

void BatchNorm::forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
                        const Pass& pass) const {
  const bool trains = pass.batch.mode == Mode::kTrain;
  const Statistics found = statistics_at(trains ? pass.saved : pass.scratch);
  const Index count = positions(inputs.rows());
  if (trains && count > 1) {
    measure(inputs.data(), count, found);
  } else {
    take_running(parameters, found);
  }
  for_each_channel_group(channels_, [&](Index first, auto lanes) {
    const Lanes mean = lanes_of(found.mean + first, lanes);
    const Lanes bias = lanes_of(parameters + bias_ + first, lanes);
    Lanes factor = lanes_of(found.inverse_deviation + first, lanes);
    for (Index j = 0; j < lanes; ++j) {
      factor[j] *= parameters[first + j];
    }
    for (Index p = 0; p < count; ++p) {
      const Real* x = inputs.data() + p * channels_ + first;
      Real* y = outputs.data() + p * channels_ + first;
      for (Index j = 0; j < lanes; ++j) {
        y[j] = (x[j] - mean[j]) * factor[j] + bias[j];
      }
    }
  });
}

void BatchNorm::backward(const Real* parameters, const Gradients& gradients,
                         const Pass& pass) const {
  const Index channels = channels_, rows = gradients.inputs.rows(), count = positions(rows);
  const Statistics found = statistics_at(pass.saved);
  const Real *x = gradients.inputs.data(), *grad_y = gradients.grad_outputs.data();
  const Real *mean = found.mean, *factor = found.inverse_deviation;
  Real *grad_bias = pass.scratch, *grad_weight = pass.scratch + channels;
  sum_over_positions(count, channels, grad_bias,
                     [=](Index p, Index c) { return grad_y[p * channels + c]; });
  sum_over_positions(count, channels, grad_weight, [=](Index p, Index c) {
    return grad_y[p * channels + c] * (x[p * channels + c] - mean[c]);
  });
  for (Index c = 0; c < channels; ++c) {
    grad_weight[c] *= factor[c];
    put(grad_weight[c], gradients.grad_parameters[c], gradients.into);
    put(grad_bias[c], gradients.grad_parameters[bias_ + c], gradients.into);
  }
  add_statistics(found, rows, gradients.grad_parameters, gradients.into);
  if (gradients.grad_inputs == nullptr) return;
  // Running statistics do not depend on the inputs.
  const Real share = count > 1 ? 1 / static_cast<Real>(count) : 0;
  for_each_channel_group(channels, [&](Index first, auto lanes) {
    const Lanes mean_lanes = lanes_of(mean + first, lanes);
    Lanes scale = lanes_of(factor + first, lanes);
    Lanes mean_grad = lanes_of(grad_bias + first, lanes);
    Lanes slope = lanes_of(grad_weight + first, lanes);
    for (Index j = 0; j < lanes; ++j) {
      mean_grad[j] *= share;
      slope[j] *= share * scale[j];
      scale[j] *= parameters[first + j];
    }
    for (Index p = 0; p < count; ++p) {
      const Index at = p * channels + first;
      Real* grad_x = gradients.grad_inputs->data() + at;
      for (Index j = 0; j < lanes; ++j) {
        grad_x[j] =
            scale[j] * (grad_y[at + j] - mean_grad[j] - (x[at + j] - mean_lanes[j]) * slope[j]);
      }
    }
  });
}

// The tree adds these, the division by the samples of the step makes means of them.
void BatchNorm::add_statistics(const Statistics& found, Index rows, Real* grad_parameters,
                               Into into) const {
  const auto weight = static_cast<Real>(rows);
  for (Index c = 0; c < channels_; ++c) {
    put(weight * found.mean[c], grad_parameters[running_mean_ + c], into);
    put(weight * found.variance[c], grad_parameters[running_variance_ + c], into);
  }
}

}  // namespace tally
