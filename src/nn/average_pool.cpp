// SPDX-License-Identifier: MIT
#include "tally/nn/average_pool.hpp"

#include <algorithm>

#include "pool_windows.hpp"

namespace tally {

std::optional<AveragePoolSpec> AveragePoolSpec::parse(const SpecToken& token) {
  if (const auto size = pool_size(token, "avg-pool:")) return AveragePoolSpec{*size};
  return std::nullopt;
}

Shape AveragePoolSpec::output(Shape input) const {
  return {input.height / size, input.width / size, input.channels};
}

std::unique_ptr<Layer> AveragePoolSpec::make_layer(Shape input) const {
  return std::make_unique<AveragePool>(input, size, size);
}

AveragePool::AveragePool(Shape input, Index height, Index width)
    : Layer(input, {input.height / height, input.width / width, input.channels}),
      height_(height),
      width_(width) {}

void AveragePool::forward(const Real* /*parameters*/, ConstMatrixView inputs, MatrixView outputs,
                          const Pass& /*pass*/) const {
  const PoolWindows windows(input(), height_, width_);
  const Real share = Real{1} / static_cast<Real>(height_ * width_);
  windows.for_each(inputs.rows(), [&](const PoolWindows::Window& window) {
    Real* mean = outputs.data() + window.output;
    std::fill_n(mean, windows.channels(), Real{0});
    windows.for_each_place(window, [&](Index place) {
      const Real* x = inputs.data() + place;
      for (Index c = 0; c < windows.channels(); ++c) mean[c] += x[c];
    });
    for (Index c = 0; c < windows.channels(); ++c) mean[c] *= share;
  });
}

void AveragePool::backward(const Real* /*parameters*/, const Gradients& gradients,
                           const Pass& /*pass*/) const {
  if (gradients.grad_inputs == nullptr) return;
  const PoolWindows windows(input(), height_, width_);
  const Real share = Real{1} / static_cast<Real>(height_ * width_);
  Real* grad_inputs = gradients.grad_inputs->data();
  if (windows.leave_some_out()) std::fill_n(grad_inputs, gradients.grad_inputs->size(), Real{0});
  windows.for_each(gradients.inputs.rows(), [&](const PoolWindows::Window& window) {
    const Real* grad = gradients.grad_outputs.data() + window.output;
    windows.for_each_place(window, [&](Index place) {
      for (Index c = 0; c < windows.channels(); ++c) grad_inputs[place + c] = share * grad[c];
    });
  });
}

}  // namespace tally
