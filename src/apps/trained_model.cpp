// SPDX-License-Identifier: MIT
#include "trained_model.hpp"

#include "tally/core/error.hpp"

namespace tally {

TrainedModel::TrainedModel(TrainingState state) : state_(std::move(state)) {
  network_ =
      std::make_unique<Network>(state_.config.network, state_.data.rows * state_.data.columns);
  loss_ = make_loss(state_.config.loss);
}

void TrainedModel::require_image_size(std::int64_t rows, std::int64_t columns,
                                      const std::string& source) const {
  require(rows == state_.data.rows && columns == state_.data.columns, ExitCode::kUsage,
          "{}: expected images of {} x {}, as the network was trained on, got {} x {}", source,
          state_.data.rows, state_.data.columns, rows, columns);
}

}  // namespace tally
