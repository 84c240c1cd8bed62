// SPDX-License-Identifier: MIT
#include "tally/run/run_recorder.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/io/config_file.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

// A requeued job may start before the lock of its predecessor is given up by a lost client.
std::chrono::seconds lock_patience() {
  const char* restarts = std::getenv("SLURM_RESTART_COUNT");
  const bool is_requeued = restarts != nullptr && std::string_view(restarts) != "0";
  return std::chrono::seconds{is_requeued ? 120 : 0};
}

}  // namespace

std::optional<RunConfig> stored_config(const std::filesystem::path& run_directory) {
  const std::filesystem::path file = config_file(run_directory);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  return config_from_toml(read_toml_file(file), file.string());
}

std::optional<RunStatus> stored_status(const std::filesystem::path& run_directory) {
  constexpr std::size_t kMostBytes = 1 << 16;
  try {
    const auto bytes = read_unlinked_file(run_directory / "run.status", kMostBytes);
    return run_status_in({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const Error&) {
    return std::nullopt;
  }
}

RunRecorder::RunRecorder(const std::filesystem::path& directory, Warn warn)
    : warn_(std::move(warn)),
      directory_(directory, lock_patience()),
      store_(directory_.checkpoints()) {
  if (!directory_.lock().warning().empty()) warn_(directory_.lock().warning());
}

std::optional<TrainingState> RunRecorder::load() {
  std::optional<LoadedCheckpoint> loaded =
      store_.load_newest(CheckpointStore::Damaged::kMoveAside, directory_.ownership_check());
  if (!loaded) return std::nullopt;
  for (const std::string& warning : loaded->warnings) warn_(warning);
  return std::move(loaded->state);
}

std::optional<RunConfig> RunRecorder::load_config() const {
  return stored_config(path());
}

void RunRecorder::begin(const TrainingState& state) {
  try {
    directory_.write_config(to_toml(state.config));
    metrics_.emplace(path(), state.history, state.config.log_every > 0,
                     directory_.ownership_check());
    directory_.write_status(status(RunState::kResume, state.progress.step, kRunning));
  } catch (const Error&) {
    leave_if_taken_over();
    throw;
  }
}

std::string RunRecorder::newest_checkpoint() const {
  const std::string name = store_.newest_name();
  std::error_code error;
  const auto type = std::filesystem::status(directory_.checkpoints() / name, error).type();
  return type == std::filesystem::file_type::not_found ? "" : name;
}

bool RunRecorder::save(const TrainingState& state) {
  try {
    const auto warnings = store_.save(state, state.config.keep, directory_.ownership_check());
    for (const std::string& warning : warnings) warn_(warning);
  } catch (const Error& error) {
    leave_if_taken_over();
    const std::string last = newest_checkpoint();
    warn_(fmt::format("no checkpoint: {}; {}", error.what(),
                      last.empty() ? "there is none" : "the last one is " + last));
    return false;
  }
  write_status(RunState::kResume, state.progress.step, kRunning);
  return true;
}

void RunRecorder::add(const EpochRow& row) {
  warn_if_failing([&] {
    directory_.lock().require_ownership();
    metrics_->add(row);
  });
}

void RunRecorder::add(const StepRow& row) {
  warn_if_failing([&] {
    directory_.lock().require_ownership();
    metrics_->add(row);
  });
}

void RunRecorder::write_profile(const std::string& json) {
  warn_if_failing([&] { directory_.write_profile(json); });
}

RunStatus RunRecorder::status(RunState state, std::int64_t step, std::string_view reason) const {
  return {state, step, newest_checkpoint(), std::string(reason), workers_, samples_per_second_};
}

void RunRecorder::write_status(RunState state, std::int64_t step, std::string_view reason) {
  warn_if_failing([&] { directory_.write_status(status(state, step, reason)); });
}

// The new owner removes what this run was about to publish: then that is the reason of a failure,
// whatever its message says.
void RunRecorder::leave_if_taken_over() const {
  try {
    directory_.lock().require_ownership();
  } catch (const Error& error) {
    if (error.exit_code() == ExitCode::kInUse) throw;
  }
}

void RunRecorder::warn_if_failing(const std::function<void()>& write) {
  try {
    write();
  } catch (const Error& error) {
    try {
      leave_if_taken_over();
    } catch (const Error&) {
      return;  // the next save says so, and ends the run on all ranks
    }
    warn_(error.what());
  }
}

}  // namespace tally
