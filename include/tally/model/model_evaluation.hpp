// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/thread_team.hpp"
#include "tally/model/trained_model.hpp"
#include "tally/nn/evaluator.hpp"

namespace tally {

/// How far the probabilities are from what they say, as expected calibration errors.
struct CalibrationFigures {
  double error = 0;                        ///< as the network was trained
  std::optional<double> temperature;       ///< of a calibrated model
  std::optional<double> calibrated_error;  ///< of a calibrated model
};

/// What a model answers to a labelled set, and how good that is.
struct ModelEvaluation {
  Evaluation evaluation;
  ConfusionMatrix confusion;
  CalibrationFigures calibration;
  AlignedVector probabilities;  ///< [images x classes], calibrated if the model is
};

/// Evaluates with the threads of `team`; the figures do not depend on their number. Throws an Error
/// (ExitCode::kCheckpoint) if the model's outputs are not finite; `name` is the model, for it.
ModelEvaluation evaluate(const TrainedModel& model, const std::string& name,
                         const LabelledImages& images, const ThreadTeam& team);

}  // namespace tally
