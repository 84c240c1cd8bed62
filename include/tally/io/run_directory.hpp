// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tally/io/run_lock.hpp"
#include "tally/io/run_status.hpp"

// Where a run leaves what it makes:
//
//   checkpoints/   step-<12 digits>.h5
//   metrics.csv    one row per epoch;  steps.csv: one row per --log-every steps
//   config.toml    every option with its value
//   run.status     DONE, RESUME or FAILED: what scripts read
//   run.lock       who is using the directory
namespace tally {

std::filesystem::path checkpoint_directory(const std::filesystem::path& run_directory);
std::filesystem::path config_file(const std::filesystem::path& run_directory);

class RunDirectory {
 public:
  /// Makes the directory and takes its lock. Throws an Error if it cannot be written
  /// (ExitCode::kUsage) or is in use (ExitCode::kInUse).
  RunDirectory(const std::filesystem::path& path, std::chrono::seconds patience);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path checkpoints() const { return checkpoint_directory(path_); }
  [[nodiscard]] const RunLock& lock() const { return *lock_; }

  /// What to call before a file gets its name or loses it: throws an Error if the directory is
  /// another run's now (ExitCode::kInUse), or its checkpoints/ another user's link (kUsage).
  [[nodiscard]] std::function<void()> ownership_check() const;

  /// Whether an earlier run has left something here that a fresh one would overwrite.
  [[nodiscard]] bool is_used() const;

  void write_config(std::string_view toml) const;
  void write_status(const RunStatus& status) const;
  void write_profile(std::string_view json) const;

 private:
  std::filesystem::path path_;
  std::optional<RunLock> lock_;
};

}  // namespace tally
