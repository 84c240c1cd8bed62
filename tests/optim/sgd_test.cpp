// SPDX-License-Identifier: MIT
#include "tally/optim/sgd.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace tally {
namespace {

struct Case {
  Sgd sgd;
  std::array<double, 2> parameters;
  std::array<double, 2> velocity;
};

class SgdTest : public testing::TestWithParam<Case> {};

// Three steps at learning rate 0.1 from w = (1, -2) with mean gradients (0.5, -1), (0.25, 2),
// (-1, 0.5). Expected numbers: NumPy 1.24 in float64,
//   g = g + wd * w; v = momentum * v + g; w = w - 0.1 * (g + momentum * v if nesterov else v)
TEST_P(SgdTest, FollowsTheFormula) {
  std::array<Real, 2> parameters = {1, -2};
  std::array<Real, 2> velocity = {0, 0};
  for (const auto& [a, b] : {std::pair{0.5, -1.0}, {0.25, 2.0}, {-1.0, 0.5}}) {
    const std::array<Real, 2> sum = {static_cast<Real>(4 * a), static_cast<Real>(4 * b)};
    update(GetParam().sgd, 0.1, {sum, 4}, velocity, parameters);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(parameters[i], GetParam().parameters[i], 1e-6);
    EXPECT_NEAR(velocity[i], GetParam().velocity[i], 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Variants, SgdTest,
    testing::Values(
        Case{{0.9, false, 0}, {0.917, -2.159}, {-0.37, 1.49}},
        Case{{0.9, true, 0.01}, {0.942869708, -2.277336916}, {-0.345646359, 1.436542718}},
        Case{{0.9, false, 0.01}, {0.911609749, -2.147969498}, {-0.34458749, 1.43667498}}));

TEST(Sgd, WithoutMomentumLeavesTheVelocityAlone) {
  std::array<Real, 1> parameters = {1};
  std::array<Real, 1> velocity = {0};
  const std::array<Real, 1> sum = {2};
  update({0, false, 0.5}, 0.1, {sum, 4}, velocity, parameters);
  EXPECT_NEAR(parameters[0], 1 - 0.1 * (0.5 + 0.5 * 1), 1e-6);
  EXPECT_EQ(velocity[0], 0);
}

TEST(Sgd, GivesTheSameBitsInAnySlices) {
  constexpr std::size_t kSize = 1000;
  std::vector<Real> sum(kSize), whole(kSize), sliced(kSize), v1(kSize, 0.3F), v2(kSize, 0.3F);
  for (std::size_t i = 0; i < kSize; ++i) {
    sum[i] = 0.37F * static_cast<Real>(i % 13);
    whole[i] = sliced[i] = 0.01F * static_cast<Real>(i);
  }
  const Sgd sgd{0.9, true, 0.003};
  update(sgd, 0.1, {sum, 96}, v1, whole);
  for (const auto& [begin, end] :
       {std::pair<std::size_t, std::size_t>{0, 7}, {7, 480}, {480, 1000}}) {
    const std::size_t size = end - begin;
    update(sgd, 0.1, {std::span(sum).subspan(begin, size), 96}, std::span(v2).subspan(begin, size),
           std::span(sliced).subspan(begin, size));
  }
  EXPECT_EQ(whole, sliced);
  EXPECT_EQ(v1, v2);
}

// From 1, a tenth of the way towards the mean 12 / 4.
TEST(Statistic, MovesTowardsTheMeanOfTheStep) {
  const std::vector<Real> sum = {12};
  std::vector<Real> statistics = {1};
  update_statistic(0.1, {sum, 4}, statistics);
  EXPECT_NEAR(statistics[0], 1.2, 1e-6);
}

// Weights decay, then three elements that do not, then two statistics and one of another share; in
// blocks of five.
TEST(ElementUpdates, TreatsEachElementAsItsRunSays) {
  const Sgd decaying{0, false, 0.5}, plain{0, false, 0};
  ElementUpdates updates;
  updates.add_learned(6, decaying);
  updates.add_learned(8, decaying);
  updates.add_learned(11, plain);
  updates.add_statistic(13, 0.1);
  updates.add_statistic(14, 0.5);
  const std::vector<Real> sum(14, 8);
  std::vector<Real> parameters(14, 1), velocity(14, 0);
  for (std::int64_t begin = 0; begin < 14; begin += 5) {
    const Range block{begin, std::min<std::int64_t>(begin + 5, 14)};
    const auto size = static_cast<std::size_t>(block.size());
    updates.apply(block, {std::span(sum).first(size), 4}, 0.1, velocity.data(), parameters.data());
  }
  for (std::size_t i = 0; i < 14; ++i) {
    const double of_statistic = i < 13 ? 1.1 : 1.5;
    const double expected = i < 8 ? 1 - 0.1 * (2 + 0.5) : i < 11 ? 1 - 0.1 * 2 : of_statistic;
    EXPECT_NEAR(parameters[i], expected, 1e-6) << i;
  }
}

}  // namespace
}  // namespace tally
