// SPDX-License-Identifier: MIT
#include "tally/io/run_directory.hpp"

#include "tally/core/error.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/io/trial_file.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// A checkpoint is as durable as the names on the way to it. Those that are there already may be
// the work of a run that was killed before it could sync them.
void make_durably(const fs::path& directory) {
  std::error_code error;
  fs::path at = directory.parent_path();
  std::vector<fs::path> holders = {directory, at};
  bool is_there = false;
  do {
    is_there = fs::exists(at, error);
    at = at.parent_path();
    holders.push_back(at);
  } while (!is_there && !at.empty());
  do {
    fs::create_directories(directory, error);
  } while (error == std::errc::interrupted);
  require(!error, ExitCode::kUsage, "{}: cannot be made: {}; choose another --run-dir",
          directory.string(), error.message());
  for (const fs::path& holder : holders) sync_names(holder);
}

}  // namespace

fs::path checkpoint_directory(const fs::path& run_directory) {
  return run_directory / "checkpoints";
}

fs::path config_file(const fs::path& run_directory) {
  return run_directory / "config.toml";
}

RunDirectory::RunDirectory(const fs::path& path, std::chrono::seconds patience) : path_(path) {
  make_durably(checkpoints());
  lock_.emplace(path_ / "run.lock", patience);
  // A run that has lost this directory and wakes up now finds that nothing of its own can be
  // published any more.
  remove_temporary_files(path_, ExitCode::kUsage);
  remove_temporary_files(checkpoints(), ExitCode::kUsage);
  const TrialFile trial(checkpoints());
}

bool RunDirectory::is_used() const {
  std::error_code error;
  const auto holds = [&](const char* name) { return fs::exists(path_ / name, error); };
  return holds("run.status") || holds("config.toml") || holds("metrics.csv") ||
         !entries_of(checkpoints(), ExitCode::kUsage).empty();
}

void RunDirectory::write_config(std::string_view toml) const {
  replace_file_durably(config_file(path_), toml, ownership_check());
}

void RunDirectory::write_status(const RunStatus& status) const {
  replace_file(path_ / "run.status", to_text(status), ownership_check());
}

void RunDirectory::write_profile(std::string_view json) const {
  replace_file(path_ / "profile.json", std::string(json) + "\n", ownership_check());
}

}  // namespace tally
