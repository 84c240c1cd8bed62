// SPDX-License-Identifier: MIT
#include "tally/io/run_directory.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/io/posix_file.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

std::string_view state_name(RunState state) {
  switch (state) {
    case RunState::kDone:
      return "DONE";
    case RunState::kResume:
      return "RESUME";
    case RunState::kFailed:
      break;
  }
  return "FAILED";
}

}  // namespace

std::string to_text(const RunStatus& status) {
  std::string text = fmt::format("{}\nstep {}\n", state_name(status.state), status.step);
  if (!status.checkpoint.empty()) text += fmt::format("checkpoint {}\n", status.checkpoint);
  std::string reason = status.reason;
  std::ranges::replace(reason, '\n', ' ');
  return text + fmt::format("reason {}\n", reason);
}

fs::path checkpoint_directory(const fs::path& run_directory) {
  return run_directory / "checkpoints";
}

RunDirectory::RunDirectory(const fs::path& path, std::chrono::seconds patience) : path_(path) {
  std::error_code error;
  fs::create_directories(checkpoints(), error);
  require(!error, ExitCode::kUsage, "{}: cannot be made: {}; choose another --run-dir",
          checkpoints().string(), error.message());
  lock_.emplace(path_ / "run.lock", patience);
  remove_temporary_files(path_, ExitCode::kUsage);
  remove_temporary_files(checkpoints(), ExitCode::kUsage);
}

bool RunDirectory::is_used() const {
  std::error_code error;
  const auto holds = [&](const char* name) { return fs::exists(path_ / name, error); };
  return holds("run.status") || holds("config.toml") || holds("metrics.csv") ||
         !entries_of(checkpoints(), ExitCode::kUsage).empty();
}

void RunDirectory::write_config(std::string_view toml) const {
  replace_file(config_file(), toml);
}

void RunDirectory::write_status(const RunStatus& status) const {
  replace_file(path_ / "run.status", to_text(status));
}

void RunDirectory::write_profile(std::string_view json) const {
  replace_file(path_ / "profile.json", std::string(json) + "\n");
}

}  // namespace tally
