// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tally/state/calibration.hpp"
#include "tally/state/training_state.hpp"

// The checkpoints of one run: a directory of step-<12 digits>.h5.
namespace tally {

/// A checkpoint that was read, and what was found wrong with newer ones on the way to it.
struct LoadedCheckpoint {
  TrainingState state;
  std::filesystem::path path;
  std::vector<std::string> warnings;
  std::optional<Calibration> calibration;  ///< which only a file named by itself has
};

class CheckpointStore {
 public:
  /// Nothing is touched before the first call.
  explicit CheckpointStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Writes `state` as the checkpoint of its step and removes all but the newest `keep`. Returns
  /// warnings. When this returns, the file has survived a read back and an fsync. Does nothing if
  /// this object saved or loaded that step last, and the file is still there. `before_publishing`
  /// may throw to keep a run that has lost its directory to another one from writing into it or
  /// removing from it.
  std::vector<std::string> save(const TrainingState& state, std::int64_t keep,
                                const std::function<void()>& before_publishing);

  /// The newest checkpoint that verifies, or nothing if there is no checkpoint at all. Damaged ones
  /// are named in the warnings and, if asked, moved aside as *.damaged-<n>. Throws an Error, with
  /// all files left as they are, if there are checkpoints but none is whole, or if the newest whole
  /// one cannot be used. `before_moving` may throw as `before_publishing` does.
  enum class Damaged { kLeave, kMoveAside };
  std::optional<LoadedCheckpoint> load_newest(
      Damaged damaged, const std::function<void()>& before_moving = [] {});

  /// Whether there is any checkpoint, whole or not.
  [[nodiscard]] bool is_empty() const;

  /// The name of the checkpoint saved or loaded last, empty if there is none.
  [[nodiscard]] std::string newest_name() const;

 private:
  void prune(std::int64_t keep, const std::function<void()>& before_removing) const;

  std::filesystem::path directory_;
  std::optional<std::int64_t> newest_step_;
  bool has_warned_ = false;  // of what the file system cannot do
};

/// "step-000000001234.h5"
std::string checkpoint_name(std::int64_t step);
bool is_checkpoint_name(std::string_view name);

/// Reads what people call a model: a checkpoint file, or a run directory (its newest checkpoint
/// that verifies). Throws an Error (ExitCode::kCheckpoint) that says why there is none.
LoadedCheckpoint load_model(const std::filesystem::path& file_or_run_directory);

}  // namespace tally
