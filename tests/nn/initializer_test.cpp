// SPDX-License-Identifier: MIT
#include "tally/nn/initializer.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace tally {
namespace {

constexpr Index kInputs = 300;
constexpr Index kOutputs = 100;

struct Initial {
  std::vector<Real> weights = std::vector<Real>(kInputs * kOutputs, Real{9});
  std::vector<Real> biases = std::vector<Real>(kOutputs, Real{9});
};

Initial initial(Initializer initializer) {
  Initial result;
  RandomStream stream(1, Purpose::kInitialize);
  initialize(initializer, kInputs, kOutputs, result.weights, result.biases, stream);
  return result;
}

void expect_uniform(const std::vector<Real>& values, double limit) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*least, -limit);
  EXPECT_LE(*greatest, limit);
  double sum = 0, squares = 0;
  for (const Real value : values) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(values.size());
  EXPECT_NEAR(sum / count, 0, 4 * limit / std::sqrt(3 * count));
  EXPECT_NEAR(squares / count, limit * limit / 3, 0.05 * limit * limit);
}

TEST(Initializer, GlorotDependsOnInputsAndOutputs) {
  const Initial values = initial(Initializer::kGlorot);
  expect_uniform(values.weights, std::sqrt(6.0 / (kInputs + kOutputs)));
  EXPECT_EQ(values.biases, std::vector<Real>(kOutputs, 0));
}

TEST(Initializer, HeDependsOnInputs) {
  const Initial values = initial(Initializer::kHe);
  expect_uniform(values.weights, std::sqrt(6.0 / kInputs));
  EXPECT_EQ(values.biases, std::vector<Real>(kOutputs, 0));
}

TEST(Initializer, UniformCoversBiasesToo) {
  const Initial values = initial(Initializer::kUniform);
  expect_uniform(values.weights, 0.5);
  const auto [least, greatest] = std::minmax_element(values.biases.begin(), values.biases.end());
  EXPECT_LT(*least, -0.4);
  EXPECT_GT(*greatest, 0.4);
}

}  // namespace
}  // namespace tally
