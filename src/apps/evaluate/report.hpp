// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/model/model_evaluation.hpp"

namespace tally {

/// A table for people: accuracy, loss, figures per class, confusion matrix.
std::string text_report(const ModelEvaluation& figures);

/// One line: {"samples", "correct", "accuracy", "loss", "confusion": [[row = true class]],
/// "per_class": [{"class", "samples", "correct", "precision", "recall", "f1"}],
/// "calibration": {"error", "temperature", "calibrated_error"}}.
std::string json_report(const ModelEvaluation& figures);

}  // namespace tally
