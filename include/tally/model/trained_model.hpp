// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "tally/io/checkpoint_store.hpp"
#include "tally/nn/loss.hpp"
#include "tally/nn/network.hpp"
#include "tally/state/calibration.hpp"
#include "tally/state/training_state.hpp"

namespace tally {

/// A network as it was trained, and its calibration if it has one. TrainedModel(load_model(path))
/// opens a checkpoint, or the newest one of a run directory. Many threads may use one.
class TrainedModel {
 public:
  explicit TrainedModel(TrainingState state, std::optional<Calibration> calibration = {});
  explicit TrainedModel(LoadedCheckpoint checkpoint);

  [[nodiscard]] const Network& network() const { return *network_; }
  [[nodiscard]] const Loss& loss() const { return *loss_; }
  [[nodiscard]] const Real* parameters() const { return state_.parameters.data(); }
  [[nodiscard]] const TrainingState& state() const { return state_; }
  [[nodiscard]] const std::optional<Calibration>& calibration() const { return calibration_; }

  /// Of the classes, for each row of the network's outputs: calibrated if the model is.
  void probabilities(ConstMatrixView outputs, MatrixView probabilities) const;

  /// Throws an Error (ExitCode::kCheckpoint) if the network cannot tell anything of what `source`
  /// is: finite weights may be so large that its outputs are not.
  static void require_finite(std::span<const Real> outputs, const std::string& source);

  /// Throws an Error unless the network was trained on images of this size; `source` is where the
  /// images come from.
  void require_images(Shape found, const std::string& source) const;

 private:
  TrainingState state_;
  std::optional<Calibration> calibration_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Loss> loss_;
};

}  // namespace tally
