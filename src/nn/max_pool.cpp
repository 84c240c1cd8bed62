// SPDX-License-Identifier: MIT
#include "tally/nn/max_pool.hpp"

#include <algorithm>

#include "pool_windows.hpp"

namespace tally {
namespace {

// Of numbers side by side: the larger of each pair. A NaN stays one.
void take_larger(const Real* x, Index count, Real* largest) {
  for (Index c = 0; c < count; ++c) {
    largest[c] = x[c] > largest[c] || x[c] != x[c] ? x[c] : largest[c];
  }
}

// Gives what is left of the gradient to the elements that are the largest, and takes it away.
void give_gradient(const Real* x, const Real* largest, Index count, Real* left, Real* grad_x) {
  for (Index c = 0; c < count; ++c) {
    const bool is_largest = x[c] == largest[c];
    grad_x[c] = is_largest ? left[c] : 0;
    left[c] = is_largest ? 0 : left[c];
  }
}

}  // namespace

std::optional<MaxPoolSpec> MaxPoolSpec::parse(const SpecToken& token) {
  if (const auto size = pool_size(token, "max-pool:")) return MaxPoolSpec{*size};
  return std::nullopt;
}

Shape MaxPoolSpec::output(Shape input) const {
  return {input.height / size, input.width / size, input.channels};
}

std::unique_ptr<Layer> MaxPoolSpec::make_layer(Shape input) const {
  return std::make_unique<MaxPool>(input, *this);
}

void MaxPool::forward(const Real* /*parameters*/, ConstMatrixView inputs, MatrixView outputs,
                      const Pass& /*pass*/) const {
  const PoolWindows windows(input(), size_, size_);
  windows.for_each(inputs.rows(), [&](const PoolWindows::Window& window) {
    Real* largest = outputs.data() + window.output;
    bool is_first = true;
    windows.for_each_place(window, [&](Index place) {
      const Real* x = inputs.data() + place;
      if (is_first) {
        std::copy_n(x, windows.channels(), largest);
      } else {
        take_larger(x, windows.channels(), largest);
      }
      is_first = false;
    });
  });
}

void MaxPool::backward(const Real* /*parameters*/, const Gradients& gradients,
                       const Pass& pass) const {
  if (gradients.grad_inputs == nullptr) return;
  const PoolWindows windows(input(), size_, size_);
  Real* grad_inputs = gradients.grad_inputs->data();
  if (windows.leave_some_out()) std::fill_n(grad_inputs, gradients.grad_inputs->size(), Real{0});
  windows.for_each(gradients.inputs.rows(), [&](const PoolWindows::Window& window) {
    std::copy_n(gradients.grad_outputs.data() + window.output, windows.channels(), pass.scratch);
    windows.for_each_place(window, [&](Index place) {
      give_gradient(gradients.inputs.data() + place, gradients.outputs.data() + window.output,
                    windows.channels(), pass.scratch, grad_inputs + place);
    });
  });
}

}  // namespace tally
