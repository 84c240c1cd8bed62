// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "tally/nn/evaluator.hpp"

namespace tally {

/// How far the probabilities are from what they say, as expected calibration errors.
struct CalibrationFigures {
  double error = 0;                        ///< as the network was trained
  std::optional<double> temperature;       ///< of a calibrated model
  std::optional<double> calibrated_error;  ///< of a calibrated model
};

/// What is said of a set.
struct EvaluationReport {
  Evaluation evaluation;
  ConfusionMatrix confusion;
  CalibrationFigures calibration;
};

/// A table for people: accuracy, loss, figures per class, confusion matrix.
std::string text_report(const EvaluationReport& report);

/// One line: {"samples", "correct", "accuracy", "loss", "confusion": [[row = true class]],
/// "per_class": [{"class", "samples", "correct", "precision", "recall", "f1"}],
/// "calibration": {"error", "temperature", "calibrated_error"}}.
std::string json_report(const EvaluationReport& report);

}  // namespace tally
