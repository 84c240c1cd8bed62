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

void TrainedModel::require_image_size(std::int64_t rows, std::int64_t columns,
                                      const std::string& source) const {
  require(rows == state_.data.rows && columns == state_.data.columns, ExitCode::kUsage,
          "{}: expected images of {} x {}, as the network was trained on, got {} x {}", source,
          state_.data.rows, state_.data.columns, rows, columns);
}

}  // namespace tally
