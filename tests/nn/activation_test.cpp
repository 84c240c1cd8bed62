// SPDX-License-Identifier: MIT
#include "tally/nn/activation.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace tally {
namespace {

AlignedVector forward(Activation activation, const AlignedVector& inputs) {
  AlignedVector outputs(inputs.size());
  const auto width = static_cast<Index>(inputs.size());
  const auto gemm = make_gemm(Kernels::kEigen);
  const Batch batch{1};
  ActivationLayer(activation, flat(width))
      .forward(nullptr, matrix_view(inputs.data(), 1, width), matrix_view(outputs.data(), 1, width),
               {batch, 0, *gemm});
  return outputs;
}

const Real* read(const AlignedVector& values) {
  return values.data();
}

// 37 values: more than two vectors of any width, and a tail.
AlignedVector points() {
  AlignedVector values;
  for (int i = -18; i <= 18; ++i) values.push_back(static_cast<Real>(i) * 0.5F);
  return values;
}

TEST(Tanh, MatchesTheStandardLibrary) {
  const AlignedVector x = points();
  const AlignedVector y = forward(Activation::kTanh, x);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], std::tanh(x[i]), 5e-7) << x[i];
}

TEST(Sigmoid, MatchesTheClosedForm) {
  const AlignedVector x = points();
  const AlignedVector y = forward(Activation::kSigmoid, x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(y[i], 1 / (1 + std::exp(-x[i])), 5e-7) << x[i];
  }
}

TEST(Relu, CutsAtZero) {
  EXPECT_EQ(forward(Activation::kRelu, {-2, 0, 0.5, 3}), (AlignedVector{0, 0, 0.5, 3}));
}

TEST(LeakyRelu, LeavesAHundredthBelowZero) {
  EXPECT_EQ(forward(Activation::kLeakyRelu, {-2, 0, 0.5, 3}), (AlignedVector{-0.02F, 0, 0.5, 3}));
}

TEST(Activations, DoNotHideNaN) {
  const AlignedVector x(20, std::numeric_limits<Real>::quiet_NaN());
  for (const Real y : forward(Activation::kRelu, x)) EXPECT_TRUE(std::isnan(y));
  for (const Real y : forward(Activation::kLeakyRelu, x)) EXPECT_TRUE(std::isnan(y));
  for (const Real y : forward(Activation::kTanh, x)) EXPECT_TRUE(std::isnan(y));
  for (const Real y : forward(Activation::kSigmoid, x)) EXPECT_TRUE(std::isnan(y));
}

TEST(Activations, StayWithinTheirRangeForHugeInputs) {
  const AlignedVector x(20, 1e30F);
  for (const Real y : forward(Activation::kTanh, x)) EXPECT_NEAR(y, 1, 1e-6);
  for (const Real y : forward(Activation::kSigmoid, x)) EXPECT_NEAR(y, 1, 1e-6);
}

// The pass over a block in one, against its parts, with rows that have gaps behind them.
TEST(AddBiasAndActivate, SkipsTheGapsOfTheSums) {
  const AlignedVector sums = {1, -2, 9, 9, 3, 4, 9, 9};
  const std::vector<Real> bias = {0.5F, -1};
  AlignedVector outputs(4);
  add_bias_and_activate(Activation::kRelu, matrix_view(sums.data(), 2, 4), bias.data(),
                        matrix_view(outputs.data(), 2, 2));
  EXPECT_EQ(outputs, (AlignedVector{1.5F, 0, 3.5F, 3}));
}

TEST(Differentiate, ZeroesTheGapsAndSumsTheRows) {
  constexpr Index kColumns = 70;  // more than are summed at a time
  AlignedVector outputs(3 * kColumns, 0.5F);
  AlignedVector grad_outputs(3 * kColumns);
  for (std::size_t i = 0; i < grad_outputs.size(); ++i) grad_outputs[i] = static_cast<Real>(i % 7);
  AlignedVector grad_sums(3 * 80, 9);
  std::vector<Real> grad_bias(kColumns, 100);
  const auto run = [&](Into into) {
    differentiate(Activation::kTanh, matrix_view(read(outputs), 3, kColumns),
                  matrix_view(read(grad_outputs), 3, kColumns),
                  matrix_view(grad_sums.data(), 3, 80), grad_bias.data(), into);
  };
  run(Into::kAdd);
  for (std::size_t j = 0; j < kColumns; ++j) {
    Real sum = 0;
    for (std::size_t row = 0; row < 3; ++row) {
      const Real expected = grad_outputs[row * kColumns + j] * 0.75F;
      EXPECT_EQ(grad_sums[row * 80 + j], expected);
      sum += expected;
    }
    EXPECT_EQ(grad_bias[j], 100 + sum);
  }
  for (std::size_t row = 0; row < 3; ++row) EXPECT_EQ(grad_sums[row * 80 + 79], 0);
  run(Into::kReplace);
  EXPECT_LT(grad_bias[3], 50);
}

}  // namespace
}  // namespace tally
