// SPDX-License-Identifier: MIT
#include "row_update.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "role_sgd.hpp"
#include "tally/core/finite.hpp"

namespace tally {
namespace {

constexpr Index kLanes = kAlignmentElements;

// into[j] += factor * from[j]
void add_multiple(Real factor, const Real* __restrict from, Index size, Real* __restrict into) {
  for (Index j = 0; j < size; ++j) into[j] += factor * from[j];
}

// The same for four rows one after the other, with a quarter of the traffic to `into`.
void add_four_multiples(const std::array<Real, 4>& factors, const std::array<const Real*, 4>& from,
                        Index size, Real* __restrict into) {
  const Real* __restrict first = from[0];
  const Real* __restrict second = from[1];
  const Real* __restrict third = from[2];
  const Real* __restrict fourth = from[3];
  for (Index j = 0; j < size; ++j) {
    into[j] =
        (((into[j] + factors[0] * first[j]) + factors[1] * second[j]) + factors[2] * third[j]) +
        factors[3] * fourth[j];
  }
}

// In as many partial sums as the widest vectors have lanes, whatever the instruction set.
Real dot(const Real* a, const Real* b, Index size) {
  Real sums[kLanes] = {};
  Index j = 0;
  for (; j + kLanes <= size; j += kLanes) {
    for (Index lane = 0; lane < kLanes; ++lane) sums[lane] += a[j + lane] * b[j + lane];
  }
  for (Index lane = 0; j + lane < size; ++lane) sums[lane] += a[j + lane] * b[j + lane];
  for (Index width = kLanes / 2; width > 0; width /= 2) {
    for (Index lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
  }
  return sums[0];
}

bool is_plain(const Sgd& sgd) {
  return sgd.momentum == 0 && sgd.weight_decay == 0;
}

}  // namespace

bool RowUpdate::is_faster(const LayerSpecs& layers, const Sgd& sgd, std::int64_t batch_size) {
  const bool is_dense = std::ranges::all_of(fused(layers), [](const LayerSpec& layer) {
    return std::holds_alternative<DenseSpec>(layer.kind);
  });
  return is_dense && batch_size <= (is_plain(sgd) ? kMostRows : kMostRows / 2);
}

RowUpdate::RowUpdate(const Network& network, const Loss& loss, const Sgd& sgd)
    : loss_(loss), sgd_(sgd), bias_sgd_(sgd_of(sgd, Role::kBias)) {
  for (const LayerSpec& spec : fused(network.specs())) {
    const ParameterBlock& weight = network.layout().block(spec.name(), Role::kWeight);
    const ParameterBlock& bias = network.layout().block(spec.name(), Role::kBias);
    const Index outputs = kMostRows * weight.shape.columns;
    const Index stride = weight.stride();
    layers_.push_back({weight.shape.rows, weight.shape.columns, stride,
                       std::get<DenseSpec>(spec.kind).activation, weight.offset,
                       bias.offset - weight.offset, AlignedVector(kMostRows * stride),
                       AlignedVector(outputs), AlignedVector(outputs), AlignedVector(stride)});
    grad_row_.resize(std::max(std::ssize(grad_row_), stride));
    scaled_.resize(std::max(std::ssize(scaled_), kMostRows * stride));
  }
  pixels_.resize(kMostRows * network.inputs());
  losses_.reserve(kMostRows);
  used_inputs_.reserve(network.inputs() + sizeof(std::uint64_t));
  Index most_inputs = 0;
  for (const Layer& layer : layers_) most_inputs = std::max(most_inputs, layer.inputs);
  all_inputs_.resize(most_inputs);
  std::iota(all_inputs_.begin(), all_inputs_.end(), 0U);
}

RowUpdate::Result RowUpdate::take(std::span<const std::span<const std::uint8_t>> images,
                                  std::span<const std::uint8_t> labels, double learning_rate,
                                  Real* parameters, Real* velocity) {
  learning_rate_ = learning_rate;
  rows_ = std::ssize(images);
  losses_.resize(images.size());
  list_used_inputs(images);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    forward(layers_[i], inputs_of(i), parameters + layers_[i].offset);
  }
  Layer& last = layers_.back();
  const auto view = [&](AlignedVector& values) {
    return matrix_view(values.data(), rows_, last.width);
  };
  Result result;
  result.correct = loss_.gradient(read_only(view(last.outputs)), labels, view(last.grads), losses_);
  result.loss = std::accumulate(losses_.begin(), losses_.end(), 0.0);
  for (std::size_t i = layers_.size(); i-- > 0;) {
    Layer& layer = layers_[i];
    differentiate(layer.activation,
                  matrix_view(std::as_const(layer.outputs).data(), rows_, layer.width),
                  matrix_view(std::as_const(layer.grads).data(), rows_, layer.width),
                  matrix_view(layer.sums.data(), rows_, layer.stride), layer.grad_bias.data(),
                  Into::kReplace);
    const auto sums = std::span(layer.sums).first(rows_ * layer.stride);
    if (first_not_finite(sums) < sums.size()) {
      result.bad_element = layer.offset;
      return result;
    }
    backward(layer, inputs_of(i), i > 0 ? layers_[i - 1].grads.data() : nullptr,
             parameters + layer.offset, velocity + layer.offset);
  }
  return result;
}

// Eight pixels at a time, since most of them are 0 together; within eight, each is written down and
// only then counted, so that nothing depends on guessing which are used.
void RowUpdate::list_used_inputs(std::span<const std::span<const std::uint8_t>> images) {
  const std::size_t inputs = images.front().size();
  used_inputs_.resize(inputs + sizeof(std::uint64_t));
  std::size_t used = 0;
  for (std::size_t begin = 0; begin < inputs; begin += sizeof(std::uint64_t)) {
    const std::size_t count = std::min(sizeof(std::uint64_t), inputs - begin);
    std::uint64_t any = 0;
    for (const auto& image : images) {
      std::uint64_t pixels = 0;
      std::memcpy(&pixels, image.data() + begin, count);
      any |= pixels;
    }
    if (any == 0) continue;
    for (std::size_t i = 0; i < sizeof(std::uint64_t); ++i, any >>= 8) {
      used_inputs_[used] = static_cast<std::uint32_t>(begin + i);
      used += (any & 0xff) != 0 ? 1 : 0;
    }
  }
  used_inputs_.resize(used);
}

void RowUpdate::forward(Layer& layer, const AlignedVector& inputs, const Real* parameters) {
  const Index width = layer.inputs, stride = layer.stride;
  std::fill_n(layer.sums.begin(), rows_ * stride, Real{0});
  const auto used = &inputs == &pixels_ ? std::span<const std::uint32_t>(used_inputs_)
                                        : std::span<const std::uint32_t>(all_inputs_).first(width);
  for (Index row = 0; row < rows_; ++row) {
    const Real* x = inputs.data() + row * width;
    Real* sums = layer.sums.data() + row * stride;
    const auto weights = [&](Index i) { return parameters + i * stride; };
    std::size_t next = 0;
    for (; next + 4 <= used.size(); next += 4) {
      const Index a = used[next], b = used[next + 1], c = used[next + 2], d = used[next + 3];
      add_four_multiples({x[a], x[b], x[c], x[d]}, {weights(a), weights(b), weights(c), weights(d)},
                         stride, sums);
    }
    for (; next < used.size(); ++next) {
      add_multiple(x[used[next]], weights(used[next]), stride, sums);
    }
  }
  add_bias_and_activate(
      layer.activation, matrix_view(std::as_const(layer.sums).data(), rows_, layer.stride),
      parameters + layer.bias_offset, matrix_view(layer.outputs.data(), rows_, layer.width));
}

void RowUpdate::backward(Layer& layer, const AlignedVector& inputs, Real* grad_inputs,
                         Real* parameters, Real* velocity) {
  const Index width = layer.inputs, stride = layer.stride;
  const bool plain = is_plain(sgd_);
  if (plain) scale_gradient(layer);
  // The first layer has no gradient of its inputs, and nothing to do where these are 0.
  const auto inputs_to_visit = grad_inputs == nullptr && plain
                                   ? std::span<const std::uint32_t>(used_inputs_)
                                   : std::span<const std::uint32_t>(all_inputs_).first(width);
  for (const Index i : inputs_to_visit) {
    Real* weights = parameters + i * stride;
    for (Index row = 0; grad_inputs != nullptr && row < rows_; ++row) {
      grad_inputs[row * width + i] = dot(layer.sums.data() + row * stride, weights, stride);
    }
    if (plain) {
      for (Index row = 0; row < rows_; ++row) {
        add_multiple(inputs[row * width + i], scaled_.data() + row * stride, stride, weights);
      }
    } else {
      update_row(layer, inputs.data() + i, weights, velocity + i * stride);
    }
  }
  const std::size_t bias = layer.bias_offset, size = layer.stride;
  update(bias_sgd_, learning_rate_, {layer.grad_bias, rows_}, {velocity + bias, size},
         {parameters + bias, size});
}

// Without momentum and decay an update is w -= learning_rate / rows * x * gradient.
void RowUpdate::scale_gradient(const Layer& layer) {
  const Real scale = -static_cast<Real>(learning_rate_) / static_cast<Real>(rows_);
  for (Index j = 0; j < rows_ * layer.stride; ++j) scaled_[j] = scale * layer.sums[j];
}

// `inputs` points to this row's input in the first sample.
void RowUpdate::update_row(const Layer& layer, const Real* inputs, Real* weights, Real* velocity) {
  const std::size_t size = layer.stride;
  std::fill_n(grad_row_.begin(), layer.stride, Real{0});
  for (Index row = 0; row < rows_; ++row) {
    add_multiple(inputs[row * layer.inputs], layer.sums.data() + row * layer.stride, layer.stride,
                 grad_row_.data());
  }
  update(sgd_, learning_rate_, {{grad_row_.data(), size}, rows_}, {velocity, size},
         {weights, size});
}

}  // namespace tally
