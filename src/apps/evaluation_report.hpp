// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/nn/evaluator.hpp"

namespace tally {

/// A table for people: accuracy, loss, figures per class, confusion matrix.
std::string text_report(const Evaluation& evaluation, const ConfusionMatrix& confusion);

/// One line: {"samples", "correct", "accuracy", "loss", "confusion": [[row = true class]],
/// "per_class": [{"class", "samples", "correct", "precision", "recall", "f1"}]}.
std::string json_report(const Evaluation& evaluation, const ConfusionMatrix& confusion);

}  // namespace tally
