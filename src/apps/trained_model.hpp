// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "tally/nn/loss.hpp"
#include "tally/nn/network.hpp"
#include "tally/state/training_state.hpp"

namespace tally {

/// A network as it was trained.
class TrainedModel {
 public:
  explicit TrainedModel(TrainingState state);

  [[nodiscard]] const Network& network() const { return *network_; }
  [[nodiscard]] const Loss& loss() const { return *loss_; }
  [[nodiscard]] const Real* parameters() const { return state_.parameters.data(); }

  /// Throws an Error unless the network was trained on images of this size; `source` is where the
  /// images come from.
  void require_image_size(std::int64_t rows, std::int64_t columns, const std::string& source) const;

 private:
  TrainingState state_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Loss> loss_;
};

}  // namespace tally
