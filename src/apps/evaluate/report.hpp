// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "tally/model/model_evaluation.hpp"

namespace tally {

/// One of the models that vote, by itself.
struct Voter {
  std::string model;
  Evaluation evaluation;
};

/// A table for people: accuracy, loss, figures per class, confusion matrix. `voters` are those of
/// a vote, else none.
std::string text_report(const ModelEvaluation& figures, std::span<const Voter> voters);

/// One line: {"samples", "correct", "accuracy", "loss", "confusion": [[row = true class]],
/// "per_class": [{"class", "samples", "correct", "precision", "recall", "f1"}],
/// "calibration": {"error", "temperature", "calibrated_error"}}, and of a vote
/// "voters": [{"model", "correct", "accuracy", "loss"}].
std::string json_report(const ModelEvaluation& figures, std::span<const Voter> voters);

}  // namespace tally
