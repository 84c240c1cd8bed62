// SPDX-License-Identifier: MIT
#include "calibrate.hpp"

#include "digit_check.hpp"
#include "tally/core/error.hpp"
#include "tally/data/held_out_images.hpp"
#include "tally/nn/calibration.hpp"
#include "tally/nn/evaluator.hpp"

namespace tally {

Calibration calibrate(const TrainedModel& model, const std::string& name,
                      const std::filesystem::path& directory, const ThreadTeam& team) {
  const TrainingState& state = model.state();
  require(state.config.validation > 0, ExitCode::kUsage,
          "{}: cannot be calibrated: its run held no images out, and its training images would "
          "give optimistic probabilities; train with --validation N",
          name);
  const SplitFiles files = find_split_files(directory, Split::kTrain);
  const HeldOutImages images = read_held_out(
      files, static_cast<int>(model.network().outputs()),
      {used_training_images(state.config, state.data), state.config.validation, state.config.seed});
  const bool is_same = to_hex(images.images_digest) == state.data.digests[0] &&
                       to_hex(images.labels_digest) == state.data.digests[1];
  require(is_same, ExitCode::kUsage,
          "{}: expected the images that {} was trained on, got others; pass their directory with "
          "--data DIR",
          files.images.string(), name);
  const auto count = static_cast<std::int64_t>(images.data.labels.size());
  const Index classes = model.network().outputs();
  AlignedVector outputs(static_cast<std::size_t>(count * classes));
  static_cast<void>(
      Evaluator(model.network(), model.loss(), team)
          .evaluate(model.parameters(), {images.data.pixels, images.data.labels}, outputs));
  TrainedModel::require_finite(outputs, name);
  return {fit_temperature(matrix_view(std::as_const(outputs).data(), count, classes),
                          images.data.labels),
          count,
          {}};
}

OthersNetwork others_network(const TrainingState& others, const TrainedModel& model,
                             const std::string& name) {
  const Index classes = model.network().outputs();
  const Network network(others.config.network, image_shape(others.data));
  require(tells_digits(network, classes), ExitCode::kUsage,
          "{}: expected a network of {} classes trained on data of tally-data others, got {} "
          "classes and images of {}",
          name, classes + 1, network.outputs(), image_size_text(image_shape(others.data)));
  require(others.config.loss == LossKind::kSoftmaxCrossEntropy, ExitCode::kUsage,
          "{}: expected a network trained with --loss softmax-cross-entropy, whose outputs are "
          "probabilities",
          name);
  return {network.text(), image_shape(others.data), others.parameters};
}

}  // namespace tally
