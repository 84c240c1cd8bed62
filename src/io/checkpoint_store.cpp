// SPDX-License-Identifier: MIT
#include "tally/io/checkpoint_store.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "holding_directory.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/io/checkpoint.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/io/run_directory.hpp"
#include "user_block.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kSuffix = ".h5";
constexpr std::size_t kStepDigits = 12;

constexpr std::size_t kMostWarnings = 20;  // of a line each: more than ever were damaged at once
constexpr std::size_t kMostInOneLine = 3;

/// The first `most` of what may be thousands of reasons, and how many more there are.
std::vector<std::string> first_of(std::vector<std::string> reasons, std::size_t most,
                                  std::string_view of_others) {
  const std::size_t count = reasons.size();
  if (count <= most) return reasons;
  reasons.resize(most);
  reasons.push_back(fmt::format("{} {}", grouped(count - most), of_others));
  return reasons;
}

// Newest first; the names sort by step.
std::vector<fs::path> checkpoints_in(const fs::path& directory) {
  std::vector<fs::path> paths = entries_of(directory, ExitCode::kCheckpoint);
  std::erase_if(paths,
                [](const fs::path& path) { return !is_checkpoint_name(path.filename().string()); });
  std::ranges::sort(paths, std::greater{});
  return paths;
}

std::string move_aside(const fs::path& path, const std::function<void()>& before_moving) {
  for (int number = 1;; ++number) {
    const fs::path target = fmt::format("{}.damaged-{}", path.string(), number);
    std::error_code error;
    if (fs::exists(target, error)) continue;
    error = move_as_owner(path, target, before_moving);
    if (error) return fmt::format("it could not be moved aside: {}", error.message());
    return fmt::format("moved aside as {}", target.filename().string());
  }
}

struct FileContents {
  std::vector<std::byte> bytes;
  std::string damage;  // empty if the file is whole
};

// Before memory is taken for what may be anything: what the user block alone tells and, of more
// than is cheap to keep, whether the digest matches. What is kept in the end is verified once more:
// the file may have changed since, and to read it only once would be to keep gigabytes of anything.
std::string damage_on_disk(const fs::path& path) {
  constexpr std::size_t kCheap = std::size_t{1} << 24;
  const FileStart start = read_start(path, kUserBlockBytes, ExitCode::kCheckpoint);
  const UserBlock block = read_user_block(start.bytes, start.file_bytes);
  if (!block.damage.empty() || start.file_bytes <= kCheap) return block.damage;
  require(start.file_bytes <= kMaxCheckpointBytes, ExitCode::kCheckpoint,
          "{}: has {} bytes; at most {} are read", path.string(), grouped(start.file_bytes),
          grouped(kMaxCheckpointBytes));
  PayloadDigest digest(block.format, start.file_bytes);
  read_pieces(
      path, kUserBlockBytes, [&](auto piece) { digest.add(piece); }, ExitCode::kCheckpoint);
  return digest.damage(start.bytes);
}

// A file that cannot be read may be whole: that is an error, and no reason to take an older one.
FileContents contents_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return {{}, fmt::format("{}: is not a regular file", path.string())};
  }
  FileContents file;
  std::string damage = damage_on_disk(path);
  if (damage.empty()) {
    file.bytes = read_file(path, kMaxCheckpointBytes, ExitCode::kCheckpoint);
    damage = damage_of_checkpoint(file.bytes);
  }
  if (!damage.empty()) {
    file.bytes = {};
    file.damage = fmt::format("{}: {}", path.string(), damage);
  }
  return file;
}

struct DamagedFile {
  fs::path path;
  std::string damage;
};

// Under another name it might be taken for the newest one for ever.
void require_name(const LoadedCheckpoint& loaded) {
  const std::string name = checkpoint_name(loaded.state.progress.step);
  require(
      loaded.path.filename() == name, ExitCode::kCheckpoint,
      "{}: expected the state of another step, got that of step {}; rename it to {}, or remove it",
      loaded.path.string(), loaded.state.progress.step, name);
}

}  // namespace

std::string checkpoint_name(std::int64_t step) {
  return fmt::format("step-{:012}.h5", step);
}

bool is_checkpoint_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kStepDigits + kSuffix.size()) return false;
  const std::string_view digits = name.substr(kPrefix.size(), kStepDigits);
  return name.starts_with(kPrefix) && name.ends_with(kSuffix) &&
         digits.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::string> CheckpointStore::save(const TrainingState& state, std::int64_t keep,
                                               const std::function<void()>& before_publishing) {
  const std::int64_t step = state.progress.step;
  const fs::path path = directory_ / checkpoint_name(step);
  std::error_code unknown;
  if (newest_step_ == step && fs::exists(path, unknown)) return {};
  std::vector<std::string> warnings;
  std::string warning = publish_file(path, encode_checkpoint(state), before_publishing);
  newest_step_ = step;
  if (!warning.empty() && !std::exchange(has_warned_, true)) warnings.push_back(std::move(warning));
  try {
    prune(keep, before_publishing);
  } catch (const Error& error) {  // old files that stay cost nothing but room
    if (error.exit_code() == ExitCode::kInUse) throw;
    warnings.push_back(fmt::format("old checkpoints stay: {}", error.what()));
  }
  return warnings;
}

// What cannot be removed now is tried again after the next save.
void CheckpointStore::prune(std::int64_t keep, const std::function<void()>& before_removing) const {
  const std::vector<fs::path> newest_first = checkpoints_in(directory_);
  for (std::int64_t i = keep; i < std::ssize(newest_first); ++i) {
    if (newest_first[i].filename() == newest_name()) continue;
    std::error_code unknown;  // a directory of that name is nothing that a run has made
    if (fs::is_directory(fs::symlink_status(newest_first[i], unknown))) continue;
    remove_as_owner(newest_first[i], before_removing);
  }
}

std::optional<LoadedCheckpoint> CheckpointStore::load_newest(
    Damaged damaged, const std::function<void()>& before_moving) {
  std::vector<DamagedFile> skipped;
  for (const fs::path& path : checkpoints_in(directory_)) {
    FileContents file = contents_of(path);
    if (!file.damage.empty()) {
      skipped.push_back({path, std::move(file.damage)});
      continue;
    }
    LoadedCheckpoint loaded{decode_checkpoint(file.bytes, path.string()), path, {}, {}};
    require_name(loaded);
    newest_step_ = loaded.state.progress.step;
    const bool is_moved = damaged == Damaged::kMoveAside;
    for (const auto& [damaged_path, damage] : skipped) {
      loaded.warnings.push_back(fmt::format(
          "{}; {}", damage, is_moved ? move_aside(damaged_path, before_moving) : "skipped"));
    }
    loaded.warnings = first_of(std::move(loaded.warnings), kMostWarnings,
                               is_moved ? "more checkpoints were damaged, and moved aside"
                                        : "more damaged checkpoints were skipped");
    return loaded;
  }
  // Nothing has been moved: the next attempt must not take the run for one that never began.
  std::vector<std::string> reasons;
  for (DamagedFile& file : skipped) reasons.push_back(std::move(file.damage));
  if (reasons.empty()) return std::nullopt;
  fail(ExitCode::kCheckpoint,
       "{}: no checkpoint is whole: {}; restore one from a copy, or start another run",
       directory_.string(),
       fmt::join(first_of(std::move(reasons), kMostInOneLine, "more are damaged"), "; "));
}

bool CheckpointStore::is_empty() const {
  return checkpoints_in(directory_).empty();
}

std::string CheckpointStore::newest_name() const {
  return newest_step_ ? checkpoint_name(*newest_step_) : std::string();
}

LoadedCheckpoint load_model(const fs::path& file_or_run_directory) {
  const fs::path& path = file_or_run_directory;
  std::error_code error;  // read_file names it
  const fs::file_status status = fs::status(path, error);
  require(status.type() != fs::file_type::not_found, ExitCode::kCheckpoint,
          "{}: no such checkpoint or run directory", path.string());
  if (!fs::is_directory(status)) {
    const FileContents file = contents_of(path);
    require(file.damage.empty(), ExitCode::kCheckpoint, "{}", file.damage);
    return {decode_checkpoint(file.bytes, path.string()),
            path,
            {},
            decode_calibration(file.bytes, path.string())};
  }
  auto loaded =
      CheckpointStore(checkpoint_directory(path)).load_newest(CheckpointStore::Damaged::kLeave);
  require(loaded.has_value(), ExitCode::kCheckpoint,
          "{}: there is no checkpoint in this directory; train first with tally-train --run-dir {}",
          path.string(), path.string());
  return std::move(*loaded);
}

}  // namespace tally
