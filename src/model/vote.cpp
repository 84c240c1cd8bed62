// SPDX-License-Identifier: MIT
#include "tally/model/vote.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "tally/nn/calibration.hpp"

namespace tally {
namespace {

// What a model is sure of may round to 0.
double surprise(double probability) {
  return -std::log(std::max(probability, double{std::numeric_limits<float>::min()}));
}

}  // namespace

Vote::Vote(std::span<const std::uint8_t> labels, std::int64_t classes)
    : labels_(labels), classes_(classes), sums_(labels.size() * classes) {}

void Vote::add(const ModelEvaluation& model) {
  assert(model.probabilities.size() == sums_.size());
  std::ranges::transform(sums_, model.probabilities, sums_.begin(),
                         [](double sum, Real probability) { return sum + double{probability}; });
  ++models_;
}

ModelEvaluation Vote::figures() const {
  assert(models_ > 0);
  const auto samples = std::ssize(labels_);
  const auto count = static_cast<double>(models_);
  AlignedVector means(sums_.size());
  std::vector<std::uint8_t> answers(labels_.size());
  std::vector<double> losses(evaluation_chunks(samples));
  std::ranges::transform(sums_, means.begin(),
                         [count](double sum) { return static_cast<Real>(sum / count); });
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    const auto row = std::span(means).subspan(sample * classes_, classes_);
    answers[sample] = static_cast<std::uint8_t>(std::ranges::max_element(row) - row.begin());
    losses[sample / kEvaluationRows] +=
        surprise(sums_[sample * classes_ + labels_[sample]] / count);
  }
  ConfusionMatrix confusion(classes_);
  confusion.add(labels_, answers);
  CalibrationFigures calibration;
  calibration.error =
      calibration_error(matrix_view(std::as_const(means).data(), samples, classes_), labels_);
  const Evaluation evaluation = summarize(losses, samples, confusion.correct());
  return {evaluation, std::move(confusion), calibration, std::move(means)};
}

}  // namespace tally
