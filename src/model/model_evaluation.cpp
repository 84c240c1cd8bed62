// SPDX-License-Identifier: MIT
#include "tally/model/model_evaluation.hpp"

#include <utility>

#include "tally/nn/calibration.hpp"

namespace tally {
namespace {

/// Of the model's outputs for labelled images; leaves its probabilities in `probabilities`.
CalibrationFigures calibration_figures(const TrainedModel& model, ConstMatrixView outputs,
                                       std::span<const std::uint8_t> labels,
                                       MatrixView probabilities) {
  CalibrationFigures figures;
  model.loss().probabilities(outputs, probabilities);
  figures.error = calibration_error(read_only(probabilities), labels);
  if (!model.calibration()) return figures;
  model.probabilities(outputs, probabilities);
  figures.temperature = model.calibration()->temperature;
  figures.calibrated_error = calibration_error(read_only(probabilities), labels);
  return figures;
}

}  // namespace

ModelEvaluation evaluate(const TrainedModel& model, const std::string& name,
                         const LabelledImages& images, const ThreadTeam& team) {
  const auto rows = static_cast<Index>(images.labels.size());
  const Index classes = model.network().outputs();
  AlignedVector outputs(static_cast<std::size_t>(rows * classes));
  ChunkFigures figures =
      Evaluator(model.network(), model.loss(), team).evaluate(model.parameters(), images, outputs);
  TrainedModel::require_finite(outputs, name);
  AlignedVector probabilities(outputs.size());
  const CalibrationFigures calibration =
      calibration_figures(model, matrix_view(std::as_const(outputs).data(), rows, classes),
                          images.labels, matrix_view(probabilities.data(), rows, classes));
  const Evaluation evaluation =
      summarize(figures.losses, figures.confusion.samples(), figures.confusion.correct());
  return {evaluation, std::move(figures.confusion), calibration, std::move(probabilities)};
}

}  // namespace tally
