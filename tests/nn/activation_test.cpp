// SPDX-License-Identifier: MIT
#include "tally/nn/activation.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace tally {
namespace {

AlignedVector forward(const Layer& layer, const AlignedVector& inputs) {
  AlignedVector outputs(inputs.size());
  const Index width = layer.inputs();
  const auto rows = static_cast<Index>(inputs.size()) / width;
  layer.forward(nullptr, matrix_view(inputs.data(), rows, width),
                matrix_view(outputs.data(), rows, width));
  return outputs;
}

// 37 values: more than two vectors of any width, and a tail.
AlignedVector points() {
  AlignedVector values;
  for (int i = -18; i <= 18; ++i) values.push_back(static_cast<Real>(i) * 0.5F);
  return values;
}

TEST(Tanh, MatchesTheStandardLibrary) {
  const AlignedVector x = points();
  const AlignedVector y = forward(Tanh(37), x);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], std::tanh(x[i]), 5e-7) << x[i];
}

TEST(Sigmoid, MatchesTheClosedForm) {
  const AlignedVector x = points();
  const AlignedVector y = forward(Sigmoid(37), x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(y[i], 1 / (1 + std::exp(-x[i])), 5e-7) << x[i];
  }
}

TEST(Relu, CutsAtZero) {
  EXPECT_EQ(forward(Relu(4), {-2, 0, 0.5, 3}), (AlignedVector{0, 0, 0.5, 3}));
}

TEST(Activations, DoNotHideNaN) {
  const AlignedVector x(20, std::numeric_limits<Real>::quiet_NaN());
  for (const Real y : forward(Relu(20), x)) EXPECT_TRUE(std::isnan(y));
  for (const Real y : forward(Tanh(20), x)) EXPECT_TRUE(std::isnan(y));
  for (const Real y : forward(Sigmoid(20), x)) EXPECT_TRUE(std::isnan(y));
}

TEST(Activations, StayWithinTheirRangeForHugeInputs) {
  const AlignedVector x(20, 1e30F);
  for (const Real y : forward(Tanh(20), x)) EXPECT_NEAR(y, 1, 1e-6);
  for (const Real y : forward(Sigmoid(20), x)) EXPECT_NEAR(y, 1, 1e-6);
}

}  // namespace
}  // namespace tally
