// SPDX-License-Identifier: MIT
#include "tally/model/model_evaluation.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "model/model_fixtures.hpp"
#include "state/config_fixtures.hpp"

namespace tally {
namespace {

constexpr std::size_t kImages = 300;  // more than one chunk

class ModelEvaluationTest : public testing::Test {
 protected:
  ModelEvaluationTest() {
    for (std::size_t i = 0; i < kImages; ++i) labels_[i] = i % 4 == 0 ? 1 : 2;
  }

  [[nodiscard]] ModelEvaluation evaluated(const TrainedModel& model, int threads = 2) const {
    return evaluate(model, "x", {pixels_, labels_}, ThreadTeam(threads));
  }

  std::vector<std::uint8_t> pixels_ = std::vector<std::uint8_t>(kImages * 6, 200);
  std::vector<std::uint8_t> labels_ = std::vector<std::uint8_t>(kImages);
};

TEST_F(ModelEvaluationTest, IsThatOfAModelWhoseAnswersAreKnown) {
  const ModelEvaluation found = evaluated(TrainedModel(state_with_outputs(kOutputs, 2, 3)));
  EXPECT_EQ(found.evaluation.samples, 300);
  EXPECT_EQ(found.evaluation.correct, 225);
  EXPECT_NEAR(found.evaluation.loss, -(0.25 * std::log(4 / 14.0) + 0.75 * std::log(9 / 14.0)),
              1e-6);
  EXPECT_EQ(found.confusion.count(1, 2), 75);
  EXPECT_EQ(found.confusion.count(2, 2), 225);
  EXPECT_NEAR(found.calibration.error, 0.75 - 9 / 14.0, 1e-6);
  EXPECT_FALSE(found.calibration.temperature);
  EXPECT_FALSE(found.calibration.calibrated_error);
  ASSERT_EQ(found.probabilities.size(), 3 * kImages);
  for (std::size_t i = 0; i < 3 * kImages; ++i) {
    EXPECT_NEAR(found.probabilities[i], std::exp(kOutputs[i % 3]) / 14, 1e-6) << i;
  }
}

TEST_F(ModelEvaluationTest, HasTheErrorsBeforeAndAfterCalibration) {
  const ModelEvaluation found =
      evaluated(TrainedModel(state_with_outputs(kOutputs, 2, 3), Calibration{2, 10, {}}));
  EXPECT_NEAR(found.calibration.error, 0.75 - 9 / 14.0, 1e-6);
  EXPECT_EQ(found.calibration.temperature, 2);
  ASSERT_TRUE(found.calibration.calibrated_error);
  EXPECT_NEAR(*found.calibration.calibrated_error, 0.75 - 3 / 6.0, 1e-6);
  EXPECT_NEAR(found.probabilities[2], 3 / 6.0, 1e-6);
}

TEST_F(ModelEvaluationTest, DoesNotDependOnThreads) {
  const TrainedModel model(state_with_outputs(kOutputs, 2, 3));
  const ModelEvaluation expected = evaluated(model, 1);
  for (int threads = 2; threads <= 4; ++threads) {
    const ModelEvaluation found = evaluated(model, threads);
    EXPECT_EQ(found.evaluation.loss, expected.evaluation.loss) << threads;
    EXPECT_EQ(found.probabilities, expected.probabilities) << threads;
  }
}

TEST_F(ModelEvaluationTest, RefusesOutputsThatAreNotFinite) {
  const TrainedModel model(state_with_outputs({0, std::numeric_limits<Real>::infinity(), 0}, 2, 3));
  EXPECT_THAT(failure_of([&] { static_cast<void>(evaluated(model)); }),
              testing::StartsWith("exit 4: x: the outputs of the network are not finite"));
}

}  // namespace
}  // namespace tally
