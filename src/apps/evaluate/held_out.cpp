// SPDX-License-Identifier: MIT
#include "evaluate/held_out.hpp"

#include "tally/core/error.hpp"

namespace tally {

HeldOutImages held_out_images(const TrainedModel& model, const std::string& name,
                              const std::filesystem::path& directory) {
  const TrainingState& state = model.state();
  require(state.config.validation > 0, ExitCode::kUsage,
          "{}: cannot be calibrated: its run held no images out, and its training images would "
          "give optimistic probabilities; train with --validation N",
          name);
  const SplitFiles files = find_split_files(directory, Split::kTrain);
  HeldOutImages images = read_held_out(
      files, static_cast<int>(model.network().outputs()),
      {used_training_images(state.config, state.data), state.config.validation, state.config.seed});
  const bool is_same = to_hex(images.images_digest) == state.data.digests[0] &&
                       to_hex(images.labels_digest) == state.data.digests[1];
  require(is_same, ExitCode::kUsage,
          "{}: expected the images that {} was trained on, got others; pass their directory with "
          "--data DIR",
          files.images.string(), name);
  return images;
}

}  // namespace tally
