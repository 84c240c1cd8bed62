// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tally/io/checkpoint_store.hpp"
#include "tally/io/metrics_log.hpp"
#include "tally/io/run_directory.hpp"
#include "tally/run/recorder.hpp"
#include "tally/state/training_state.hpp"

namespace tally {

/// Takes one line for people.
using Warn = std::function<void(const std::string& text)>;

/// The configuration of the run in a directory, if there is one. Throws an Error if it is damaged.
std::optional<RunConfig> stored_config(const std::filesystem::path& run_directory);

/// What the run.status in a directory says; nothing if there is none that can be read.
std::optional<RunStatus> stored_status(const std::filesystem::path& run_directory);

/// What rank 0 writes into the run directory: checkpoints, metrics, status. A write that fails
/// costs a warning, never the training; it is tried again at the next occasion.
class RunRecorder : public Recorder {
 public:
  /// Makes and locks `directory`.
  RunRecorder(const std::filesystem::path& directory, Warn warn);

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  [[nodiscard]] bool is_used() const { return directory_.is_used(); }

  /// The state to continue from, if there is one. Damaged checkpoints are moved aside.
  std::optional<TrainingState> load();

  /// The configuration of a run that was ended before its first checkpoint.
  [[nodiscard]] std::optional<RunConfig> load_config() const;

  void begin(const TrainingState& state) override;
  bool save(const TrainingState& state) override;
  void add(const EpochRow& row) override;
  void add(const StepRow& row) override;
  void note_workers(const std::string& workers) override { workers_ = workers; }
  void note_speed(double samples_per_second) override { samples_per_second_ = samples_per_second; }
  void write_profile(const std::string& json) override;
  void write_status(RunState state, std::int64_t step, std::string_view reason) override;
  [[nodiscard]] std::string newest_checkpoint() const override;

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
