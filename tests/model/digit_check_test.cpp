// SPDX-License-Identifier: MIT
#include "tally/model/digit_check.hpp"

#include <cmath>

#include <gmock/gmock.h>

#include "model/model_fixtures.hpp"
#include "state/config_fixtures.hpp"

namespace tally {
namespace {

TEST(DigitCheck, IsWhatTheLastClassLeavesToTheOthers) {
  const OutlierNetwork outliers =
      outliers_with_outputs({std::log(1.0F), std::log(4.0F), std::log(15.0F)}, kEdgeValues);
  DigitCheck check(outliers, 2, "x");
  EXPECT_NEAR(check.probability(GreyImage(28, 28)), 0.25, 1e-6);
}

TEST(DigitCheck, LooksAtEdgesAndNotAtPixels) {
  OutlierNetwork outliers = outliers_with_outputs({0, 0}, kEdgeValues);
  const ParameterBlock weights = parameter_layout(outliers).block("0-dense", Role::kWeight);
  std::vector<Real> values(weights.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 2 == 0 ? 1.0F : 0.0F;
  weights.put(values, outliers.parameters);
  DigitCheck check(outliers, 1, "x");
  const GreyImage blank(28, 28);
  const GreyImage even(28, 28, 200);  // bright everywhere, and without an edge inside
  GreyImage edge(28, 28);
  for (int y = 0; y < 28; ++y) std::fill_n(edge.row(y), 14, std::uint8_t{200});
  EXPECT_GT(check.probability(edge), check.probability(blank));
  EXPECT_GT(check.probability(edge), 0.9);
  EXPECT_NEAR(check.probability(blank), 0.5, 1e-6);
  EXPECT_GE(check.probability(even), 0.5);
}

TEST(DigitCheck, RefusesANetworkOfOtherInputsOrClasses) {
  const auto refusal = [](const OutlierNetwork& outliers, Index classes) {
    return failure_of([&] { DigitCheck(outliers, classes, "x"); });
  };
  EXPECT_EQ(refusal(outliers_with_outputs({1, 2, 3}, kEdgeValues), 2), "no failure");
  EXPECT_EQ(refusal(outliers_with_outputs({1, 2, 3}, kEdgeValues), 3),
            "exit 4: x: /others: expected a network of 392 inputs and 4 outputs, got 392 and 3");
  EXPECT_EQ(refusal(outliers_with_outputs({1, 2, 3}, 784), 2),
            "exit 4: x: /others: expected a network of 392 inputs and 3 outputs, got 784 and 3");
}

}  // namespace
}  // namespace tally
