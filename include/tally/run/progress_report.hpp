// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "tally/state/history.hpp"
#include "tally/state/training_state.hpp"

namespace tally {

/// What people see of a training, on standard output: a bar that is redrawn on a terminal, plain
/// lines elsewhere. Warnings go to standard error even when the rest is quiet.
class ProgressReport {
 public:
  /// Quiet it prints warnings and results only; silent, as on all ranks but 0, nothing.
  explicit ProgressReport(bool quiet, bool is_silent = false);
  ~ProgressReport();
  ProgressReport(const ProgressReport&) = delete;
  ProgressReport& operator=(const ProgressReport&) = delete;

  void set_quiet(bool quiet) { quiet_ = quiet; }

  /// What texts quote may be hostile: controls of a terminal are shown, and a line stays one line.
  void line(const std::string& text);

  /// What was asked for by an option of its own, and so is shown even when the rest is quiet. It
  /// may have several lines.
  void result(const std::string& text);

  void warning(const std::string& text);

  /// Redraws the bar, at most ten times a second.
  void step(const Progress& progress, std::int64_t epochs, std::int64_t steps_per_epoch);

  struct Epoch {
    EpochRow row;
    std::int64_t epochs = 0;
    double samples_per_second = 0;
    bool is_saved = false;
  };
  void epoch(const Epoch& epoch);

 private:
  void clear_bar();

  bool quiet_;
  bool is_silent_;
  bool is_terminal_;
  bool has_bar_ = false;
  std::chrono::steady_clock::time_point last_drawn_;
};

}  // namespace tally
