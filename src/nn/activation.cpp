// SPDX-License-Identifier: MIT
#include "tally/nn/activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

namespace tally {
namespace {

// tanh of a float within 3e-7, from arithmetic alone, so that the compiler can compute many at a
// time: a rational function that meets tanh best on [-7.9, 7.9], where it reaches 1 in float. (The
// coefficients are those of Eigen's generic_fast_tanh_float.) A NaN stays one.
[[maybe_unused]] float tanh_of(float x) {
  constexpr float kEnd = 7.90531110763549805F;
  x = x < kEnd ? x : (x >= kEnd ? kEnd : x);
  x = x > -kEnd ? x : (x <= -kEnd ? -kEnd : x);
  const float x2 = x * x;
  float p = x2 * -2.76076847742355e-16F + 2.00018790482477e-13F;
  p = p * x2 + -8.60467152213735e-11F;
  p = p * x2 + 5.12229709037114e-08F;
  p = p * x2 + 1.48572235717979e-05F;
  p = p * x2 + 6.37261928875436e-04F;
  p = p * x2 + 4.89352455891786e-03F;
  float q = x2 * 1.19825839466702e-06F + 1.18534705686654e-04F;
  q = q * x2 + 2.26843463243900e-03F;
  q = q * x2 + 4.89352518554385e-03F;
  return x * p / q;
}

[[maybe_unused]] double tanh_of(double x) {
  return std::tanh(x);
}

struct None {
  static Real value(Real x) { return x; }
  static Real derivative(Real /*y*/) { return 1; }
};
struct Tanh {
  static Real value(Real x) { return tanh_of(x); }
  static Real derivative(Real y) { return 1 - y * y; }
};
struct Sigmoid {
  static Real value(Real x) { return tanh_of(x / 2) / 2 + Real{0.5}; }
  static Real derivative(Real y) { return y * (1 - y); }
};
struct Relu {
  // Written so that a NaN stays one.
  static Real value(Real x) { return x <= 0 ? 0 : x; }
  static Real derivative(Real y) { return y > 0 ? Real{1} : Real{0}; }
};
// With the slope that PyTorch has by default.
struct LeakyRelu {
  static constexpr Real kSlope = Real{1} / Real{100};
  static Real value(Real x) { return x <= 0 ? kSlope * x : x; }
  static Real derivative(Real y) { return y > 0 ? Real{1} : kSlope; }
};

// In the order of Activation.
using Functions = std::tuple<None, Tanh, Sigmoid, Relu, LeakyRelu>;
static_assert(std::tuple_size_v<Functions> == kActivationNames.size());

// Calls work(Function{}) for the functions of `activation`. In place: a call has no vectors to
// pass.
template <typename Work, std::size_t number = 0>
[[gnu::always_inline]] inline void with_functions_of(Activation activation, const Work& work) {
  if constexpr (number < std::tuple_size_v<Functions>) {
    if (static_cast<std::size_t>(activation) == number) {
      return work(std::tuple_element_t<number, Functions>{});
    }
    with_functions_of<Work, number + 1>(activation, work);
  }
}

// Enough sums to keep the additions apart that wait for each other, few enough for registers.
constexpr Index kColumns = 64;

// Some neighbouring columns of differentiate().
struct Columns {
  const Real* outputs;
  const Real* grad_outputs;
  Real* grad_sums;
  Index stride;       // from row to row of outputs and grad_outputs
  Index sums_stride;  // and of grad_sums
  Index count;
};

template <typename Function>
void differentiate_columns(const Columns& at, Index rows, Real* grad_bias, Into into) {
  std::array<Real, kColumns> totals{};
  for (Index row = 0; row < rows; ++row) {
    const Real* y = at.outputs + row * at.stride;
    const Real* grad_y = at.grad_outputs + row * at.stride;
    Real* grad = at.grad_sums + row * at.sums_stride;
    for (Index j = 0; j < at.count; ++j) {
      grad[j] = grad_y[j] * Function::derivative(y[j]);
      totals[static_cast<std::size_t>(j)] += grad[j];
    }
  }
  for (Index j = 0; j < at.count; ++j) {
    const Real total = totals[static_cast<std::size_t>(j)];
    grad_bias[j] = into == Into::kReplace ? total : grad_bias[j] + total;
  }
}

}  // namespace

void add_bias_and_activate(Activation activation, const Rows<const Real>& sums, const Real* bias,
                           const Rows<Real>& outputs) {
  with_functions_of(activation, [&]<typename Function>(Function) {
    for (Index row = 0; row < outputs.count; ++row) {
      const Real* x = sums.first + row * sums.stride;
      Real* y = outputs.first + row * outputs.stride;
      for (Index j = 0; j < outputs.columns; ++j) y[j] = Function::value(x[j] + bias[j]);
    }
  });
}

void add_bias_and_activate(Activation activation, ConstMatrixView sums, const Real* bias,
                           MatrixView outputs) {
  add_bias_and_activate(activation, {sums.data(), sums.rows(), outputs.cols(), sums.cols()}, bias,
                        {outputs.data(), outputs.rows(), outputs.cols(), outputs.cols()});
}

void differentiate(Activation activation, const Rows<const Real>& outputs,
                   const Rows<const Real>& grad_outputs, const Rows<Real>& grad_sums,
                   Real* grad_bias, Into into) {
  with_functions_of(activation, [&]<typename Function>(Function) {
    for (Index begin = 0; begin < outputs.columns; begin += kColumns) {
      differentiate_columns<Function>(
          {outputs.first + begin, grad_outputs.first + begin, grad_sums.first + begin,
           outputs.stride, grad_sums.stride, std::min(kColumns, outputs.columns - begin)},
          outputs.count, grad_bias + begin, into);
    }
  });
}

void differentiate(Activation activation, ConstMatrixView outputs, ConstMatrixView grad_outputs,
                   MatrixView grad_sums, Real* grad_bias, Into into) {
  const Index columns = outputs.cols();
  differentiate(activation, {outputs.data(), outputs.rows(), columns, columns},
                {grad_outputs.data(), outputs.rows(), columns, columns},
                {grad_sums.data(), outputs.rows(), columns, grad_sums.cols()}, grad_bias, into);
  for (Index row = 0; row < grad_sums.rows(); ++row) {
    Real* grad = grad_sums.data() + row * grad_sums.cols();
    std::fill(grad + columns, grad + grad_sums.cols(), Real{0});
  }
}

std::vector<std::string_view> ActivationSpec::notations() {
  return {kActivationNames.begin() + 1, kActivationNames.end()};  // none is nothing to write
}

std::optional<ActivationSpec> ActivationSpec::parse(const SpecToken& token) {
  const auto* const found =
      std::find(kActivationNames.begin() + 1, kActivationNames.end(), token.text);
  if (found == kActivationNames.end()) return std::nullopt;
  return ActivationSpec{static_cast<Activation>(found - kActivationNames.begin())};
}

std::string_view ActivationSpec::name() const {
  return kActivationNames[static_cast<std::size_t>(function)];
}

std::unique_ptr<Layer> ActivationSpec::make_layer(Shape input) const {
  return std::make_unique<ActivationLayer>(function, input);
}

void ActivationLayer::forward(const Real* /*parameters*/, ConstMatrixView inputs,
                              MatrixView outputs, const Pass& /*pass*/) const {
  with_functions_of(function_, [&]<typename Function>(Function) {
    std::transform(inputs.data(), inputs.data() + inputs.size(), outputs.data(), Function::value);
  });
}

void ActivationLayer::backward(const Real* /*parameters*/, const Gradients& gradients,
                               const Pass& /*pass*/) const {
  if (gradients.grad_inputs == nullptr) return;
  with_functions_of(function_, [&]<typename Function>(Function) {
    for (Index i = 0; i < gradients.outputs.size(); ++i) {
      gradients.grad_inputs->data()[i] =
          gradients.grad_outputs.data()[i] * Function::derivative(gradients.outputs.data()[i]);
    }
  });
}

}  // namespace tally
