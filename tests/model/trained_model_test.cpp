// SPDX-License-Identifier: MIT
#include "tally/model/trained_model.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include "model/model_fixtures.hpp"
#include "state/config_fixtures.hpp"
#include "support/temporary_directory.hpp"
#include "tally/io/checkpoint.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

/// What the model makes of its outputs.
std::vector<Real> probabilities_of(const TrainedModel& model) {
  AlignedVector outputs(kOutputs.begin(), kOutputs.end());
  AlignedVector probabilities(outputs.size());
  model.probabilities(matrix_view(std::as_const(outputs).data(), 1, 3),
                      matrix_view(probabilities.data(), 1, 3));
  return {probabilities.begin(), probabilities.end()};
}

TEST(TrainedModel, HasTheProbabilitiesOfItsLossUnlessItIsCalibrated) {
  EXPECT_THAT(probabilities_of(TrainedModel(state_with_outputs(kOutputs))),
              ElementsAre(FloatNear(1 / 14.0F, 1e-6F), FloatNear(4 / 14.0F, 1e-6F),
                          FloatNear(9 / 14.0F, 1e-6F)));
  EXPECT_THAT(probabilities_of(TrainedModel(state_with_outputs(kOutputs), Calibration{2, 10, {}})),
              ElementsAre(FloatNear(1 / 6.0F, 1e-6F), FloatNear(2 / 6.0F, 1e-6F),
                          FloatNear(3 / 6.0F, 1e-6F)));
}

TEST(TrainedModel, IsOpenedFromACheckpointWithItsCalibration) {
  const TemporaryDirectory directory;
  const TrainingState state = state_with_outputs(kOutputs);
  const Calibration calibration{2, 10, {}};
  publish_file(directory.path() / "c.h5", encode_checkpoint(state, calibration), [] {});
  const TrainedModel model(load_model(directory.path() / "c.h5"));
  EXPECT_EQ(model.calibration(), calibration);
  EXPECT_EQ(model.state().parameters, state.parameters);
  EXPECT_EQ(model.network().outputs(), 3);
}

TEST(TrainedModel, IsOpenedFromTheNewestCheckpointOfARunDirectory) {
  const TemporaryDirectory directory;
  CheckpointStore store(directory.path() / "checkpoints");
  std::filesystem::create_directory(directory.path() / "checkpoints");
  for (const std::int64_t step : {3, 5}) {
    TrainingState state = state_with_outputs(kOutputs);
    state.progress.step = step;
    store.save(state, 2, [] {});
  }
  const TrainedModel model(load_model(directory.path()));
  EXPECT_EQ(model.state().progress.step, 5);
  EXPECT_FALSE(model.calibration());
}

TEST(TrainedModel, RefusesImagesOfAnotherSize) {
  const TrainedModel model(state_with_outputs(kOutputs, 3, 5));
  EXPECT_EQ(failure_of([&] { model.require_images({3, 5, 1}, "x"); }), "no failure");
  EXPECT_EQ(failure_of([&] { model.require_images({5, 3, 1}, "x"); }),
            "exit 2: x: expected images of 3 x 5, as the network was trained on, got 5 x 3");
  EXPECT_EQ(failure_of([&] { model.require_images({3, 5, 3}, "x"); }),
            "exit 2: x: expected images of 3 x 5, as the network was trained on, got 3 x 5 x 3");
}

TEST(TrainedModel, RefusesOutputsThatAreNotFinite) {
  const std::vector<Real> sound = {0, -1e38F};
  EXPECT_EQ(failure_of([&] { TrainedModel::require_finite(sound, "x"); }), "no failure");
  for (const Real wrong :
       {std::numeric_limits<Real>::infinity(), std::numeric_limits<Real>::quiet_NaN()}) {
    const std::vector<Real> outputs = {0, wrong};
    EXPECT_THAT(failure_of([&] { TrainedModel::require_finite(outputs, "x"); }),
                testing::StartsWith("exit 4: x: the outputs of the network are not finite"));
  }
}

}  // namespace
}  // namespace tally
