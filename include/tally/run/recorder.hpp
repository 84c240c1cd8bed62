// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "tally/io/run_status.hpp"
#include "tally/state/training_state.hpp"

namespace tally {

/// Keeps what a run has to show: checkpoints, metrics, status. This one keeps nothing, as all ranks
/// do but 0, whose RunRecorder writes into the run directory.
class Recorder {
 public:
  Recorder() = default;
  virtual ~Recorder() = default;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Begins with config.toml, the CSV files as they were at `state`, and the status of a run under
  /// way. Throws an Error if the directory cannot be written.
  virtual void begin(const TrainingState& /*state*/) {}

  /// Returns whether the checkpoint of this state is safe on disk. Throws an Error only if another
  /// run has taken the directory over.
  virtual bool save(const TrainingState& /*state*/) { return false; }

  virtual void add(const EpochRow& /*row*/) {}
  virtual void add(const StepRow& /*row*/) {}

  /// What run.status tells of this launch from its next writing on; see RunStatus.
  virtual void note_workers(const std::string& /*workers*/) {}
  virtual void note_speed(double /*samples_per_second*/) {}

  /// profile.json, of the last launch.
  virtual void write_profile(const std::string& /*json*/) {}

  virtual void write_status(RunState /*state*/, std::int64_t /*step*/,
                            std::string_view /*reason*/) {}

  /// The name of the checkpoint saved or loaded last, empty if there is none any more.
  [[nodiscard]] virtual std::string newest_checkpoint() const { return ""; }
};

}  // namespace tally
