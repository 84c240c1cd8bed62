// SPDX-License-Identifier: MIT
#include "tally/io/run_directory.hpp"

#include <algorithm>
#include <array>

#include <sys/stat.h>
#include <unistd.h>

#include "tally/core/error.hpp"
#include "tally/io/checkpoint_store.hpp"
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

// A link of this user's own may lead to a larger disk. One that a neighbour has put there would
// have this run write to, and remove from, a directory that only this user may write to.
void require_own_place(const fs::path& directory) {
  struct stat status {};
  if (::lstat(directory.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return;
  require(status.st_uid == ::geteuid() || status.st_uid == 0, ExitCode::kUsage,
          "{}: is a symbolic link of another user, which is not followed; remove it, or choose "
          "another --run-dir",
          directory.string());
}

bool is_own_file(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"config.toml", "metrics.csv", "profile.json",
                                                      "run.status",  "steps.csv",   kTrialName};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool is_own_checkpoint(std::string_view name) {
  return is_checkpoint_name(name) || name == kTrialName;
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
  require_own_place(checkpoints());
  lock_.emplace(path_ / "run.lock", patience);
  // A run that has lost this directory and wakes up now finds that nothing of its own can be
  // published any more.
  remove_temporary_files(path_, is_own_file, ExitCode::kUsage);
  remove_temporary_files(checkpoints(), is_own_checkpoint, ExitCode::kUsage);
  const TrialFile trial(checkpoints());
}

bool RunDirectory::is_used() const {
  std::error_code error;
  const auto holds = [&](const char* name) { return fs::exists(path_ / name, error); };
  return holds("run.status") || holds("config.toml") || holds("metrics.csv") ||
         !entries_of(checkpoints(), ExitCode::kUsage).empty();
}

std::function<void()> RunDirectory::ownership_check() const {
  return [this] {
    lock_->require_ownership();
    require_own_place(checkpoints());
  };
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
