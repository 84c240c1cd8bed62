// SPDX-License-Identifier: MIT
#include "tally/model/model_calibration.hpp"

#include <utility>

#include "tally/core/error.hpp"
#include "tally/model/digit_check.hpp"
#include "tally/nn/calibration.hpp"

namespace tally {

Calibration calibrate(const TrainedModel& model, const std::string& name,
                      const LabelledImages& held_out, const ThreadTeam& team) {
  const auto count = static_cast<Index>(held_out.labels.size());
  const Index classes = model.network().outputs();
  AlignedVector outputs(static_cast<std::size_t>(count * classes));
  static_cast<void>(Evaluator(model.network(), model.loss(), team)
                        .evaluate(model.parameters(), held_out, outputs));
  TrainedModel::require_finite(outputs, name);
  return {
      fit_temperature(matrix_view(std::as_const(outputs).data(), count, classes), held_out.labels),
      count,
      {}};
}

OutlierNetwork outlier_network(const TrainingState& outliers, const TrainedModel& model,
                               const std::string& name) {
  const Index classes = model.network().outputs();
  const Network network(outliers.config.network, image_shape(outliers.data));
  require(tells_digits(network, classes), ExitCode::kUsage,
          "{}: expected a network of {} classes trained on data of tally-data outliers, got {} "
          "classes and images of {}",
          name, classes + 1, network.outputs(), image_size_text(image_shape(outliers.data)));
  require(outliers.config.loss == LossKind::kSoftmaxCrossEntropy, ExitCode::kUsage,
          "{}: expected a network trained with --loss softmax-cross-entropy, whose outputs are "
          "probabilities",
          name);
  return {network.text(), image_shape(outliers.data), outliers.parameters};
}

}  // namespace tally
