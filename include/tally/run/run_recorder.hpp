// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tally/io/checkpoint_store.hpp"
#include "tally/io/metrics_log.hpp"
#include "tally/io/run_directory.hpp"
#include "tally/state/training_state.hpp"

namespace tally {

/// Takes one line for people.
using Warn = std::function<void(const std::string& text)>;

/// The configuration of the run in a directory, if there is one. Throws an Error if it is damaged.
std::optional<RunConfig> stored_config(const std::filesystem::path& run_directory);

/// What rank 0 writes into the run directory: checkpoints, metrics, status. A write that fails
/// costs a warning, never the training; it is tried again at the next occasion.
class RunRecorder {
 public:
  /// Makes and locks `directory`.
  RunRecorder(const std::filesystem::path& directory, Warn warn);

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  [[nodiscard]] bool is_used() const { return directory_.is_used(); }

  /// The state to continue from, if there is one. Damaged checkpoints are moved aside.
  std::optional<TrainingState> load();

  /// The configuration of a run that was ended before its first checkpoint.
  [[nodiscard]] std::optional<RunConfig> load_config() const;

  /// Writes config.toml, the CSV files as they were at `state`, and the status of a run under way.
  /// Throws an Error if the directory cannot be written.
  void begin(const TrainingState& state);

  /// Returns whether the checkpoint of this state is safe on disk. Throws an Error only if another
  /// run has taken the directory over.
  bool save(const TrainingState& state);

  void add(const EpochRow& row);
  void add(const StepRow& row);

  /// What run.status tells of this launch from its next writing on; see RunStatus.
  void note_workers(const std::string& workers) { workers_ = workers; }
  void note_speed(double samples_per_second) { samples_per_second_ = samples_per_second; }

  /// profile.json, of the last launch.
  void write_profile(const std::string& json);

  void write_status(RunState state, std::int64_t step, std::string_view reason);

  /// The name of the checkpoint saved or loaded last, empty if there is none any more.
  [[nodiscard]] std::string newest_checkpoint() const;

 private:
  [[nodiscard]] RunStatus status(RunState state, std::int64_t step, std::string_view reason) const;
  void leave_if_taken_over() const;
  void warn_if_failing(const std::function<void()>& write);

  Warn warn_;
  RunDirectory directory_;
  CheckpointStore store_;
  std::optional<MetricsLog> metrics_;
  std::string workers_;
  double samples_per_second_ = 0;
};

}  // namespace tally
