// SPDX-License-Identifier: MIT
#include "tally/model/trained_model.hpp"

#include <utility>

#include "tally/core/error.hpp"
#include "tally/core/finite.hpp"
#include "tally/nn/calibration.hpp"

namespace tally {

TrainedModel::TrainedModel(TrainingState state, std::optional<Calibration> calibration)
    : state_(std::move(state)), calibration_(std::move(calibration)) {
  network_ = std::make_unique<Network>(state_.config.network, image_shape(state_.data));
  loss_ = make_loss(state_.config.loss);
}

TrainedModel::TrainedModel(LoadedCheckpoint checkpoint)
    : TrainedModel(std::move(checkpoint.state), std::move(checkpoint.calibration)) {}

void TrainedModel::probabilities(ConstMatrixView outputs, MatrixView probabilities) const {
  if (calibration_) {
    scaled_probabilities(outputs, calibration_->temperature, probabilities);
  } else {
    loss_->probabilities(outputs, probabilities);
  }
}

void TrainedModel::require_finite(std::span<const Real> outputs, const std::string& source) {
  require(first_not_finite(outputs) == outputs.size(), ExitCode::kCheckpoint,
          "{}: the outputs of the network are not finite; use an earlier checkpoint, or train "
          "another model with a lower --learning-rate",
          source);
}

void TrainedModel::require_images(Shape found, const std::string& source) const {
  const Shape expected = image_shape(state_.data);
  require(found == expected, ExitCode::kUsage,
          "{}: expected images of {}, as the network was trained on, got {}", source,
          image_size_text(expected), image_size_text(found));
}

}  // namespace tally
