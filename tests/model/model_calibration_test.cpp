// SPDX-License-Identifier: MIT
#include "tally/model/model_calibration.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "model/model_fixtures.hpp"
#include "state/config_fixtures.hpp"
#include "tally/image/edge_directions.hpp"

namespace tally {
namespace {

// The model says 9 to 1, and 3 to 1 is true: the square root, which is a temperature of 2.
TEST(ModelCalibration, FitsTheTemperatureToTheLabels) {
  const TrainedModel model(state_with_outputs({0, std::log(9.0F)}, 2, 2));
  std::vector<std::uint8_t> labels(200, 1);
  std::fill_n(labels.begin(), 50, std::uint8_t{0});
  const std::vector<std::uint8_t> pixels(4 * labels.size());
  const Calibration found = calibrate(model, "x", {pixels, labels}, ThreadTeam(2));
  EXPECT_NEAR(found.temperature, 2, 1e-5);
  EXPECT_EQ(found.images, 200);
  EXPECT_FALSE(found.outliers);
}

TEST(ModelCalibration, RefusesOutputsThatAreNotFinite) {
  const TrainedModel model(state_with_outputs({0, std::numeric_limits<Real>::infinity()}, 2, 2));
  const std::vector<std::uint8_t> labels = {0, 1}, pixels(8);
  EXPECT_THAT(failure_of([&] {
                (void)calibrate(model, "x", {pixels, labels}, ThreadTeam(1));
              }),
              testing::StartsWith("exit 4: x: the outputs of the network are not finite"));
}

TEST(ModelCalibration, TakesANetworkThatTellsItsClassesFromTheRest) {
  const TrainedModel model(state_with_outputs({1, 2}));
  const TrainingState state =
      state_with_outputs({1, 2, 3}, kEdgeDirections * kEdgeCells, kEdgeCells);
  const OutlierNetwork found = outlier_network(state, model, "x");
  EXPECT_EQ(found.spec, "dense:3");
  EXPECT_EQ(found.input, image_shape(state.data));
  EXPECT_EQ(found.parameters, state.parameters);
}

TEST(ModelCalibration, RefusesAnyOtherNetwork) {
  const TrainedModel model(state_with_outputs({1, 2}));
  const auto refusal = [&](const TrainingState& state) {
    return failure_of([&] { (void)outlier_network(state, model, "x"); });
  };
  EXPECT_THAT(refusal(state_with_outputs({1, 2}, 56, 7)),
              testing::AllOf(testing::StartsWith("exit 2: x: expected a network of 3 classes"),
                             testing::EndsWith("got 2 classes and images of 56 x 7")));
  EXPECT_THAT(refusal(state_with_outputs({1, 2, 3}, 28, 28)),
              testing::EndsWith("got 3 classes and images of 28 x 28"));
  TrainingState state = state_with_outputs({1, 2, 3}, 56, 7);
  state.config.loss = LossKind::kMeanSquaredError;
  EXPECT_THAT(refusal(state),
              testing::StartsWith(
                  "exit 2: x: expected a network trained with --loss softmax-cross-entropy"));
}

}  // namespace
}  // namespace tally
