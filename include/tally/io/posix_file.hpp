// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tally/core/error.hpp"

// Whole files, written so that a kill at any moment leaves either the old state or the new one.
// Every function throws an Error that names the file and the system's reason. Calls that a signal
// interrupts are made again.
namespace tally {

/// The bytes of a regular file of at most `max_bytes`. Errors have the exit code `on_error`.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t max_bytes,
                                 ExitCode on_error = ExitCode::kFailure);

/// The same of a file in a directory that others may write to. A symbolic link is an error: it
/// could make the program show a stranger a file that only its user may read.
std::vector<std::byte> read_unlinked_file(const std::filesystem::path& path, std::size_t max_bytes,
                                          ExitCode on_error = ExitCode::kFailure);

/// The first bytes of a regular file, `most` or all it has, and its length.
struct FileStart {
  std::vector<std::byte> bytes;
  std::size_t file_bytes = 0;
};
FileStart read_start(const std::filesystem::path& path, std::size_t most,
                     ExitCode on_error = ExitCode::kFailure);

/// The last bytes of a regular file, `most` or all it has, and where they begin.
struct FileEnd {
  std::vector<std::byte> bytes;
  std::size_t begin = 0;
};
FileEnd read_end(const std::filesystem::path& path, std::size_t most,
                 ExitCode on_error = ExitCode::kFailure);

/// Gives `take` the bytes of a regular file from number `begin` on, a piece after the other.
void read_pieces(const std::filesystem::path& path, std::size_t begin,
                 const std::function<void(std::span<const std::byte>)>& take,
                 ExitCode on_error = ExitCode::kFailure);

/// Makes `bytes` appear as `path`, which must not exist, all at once and durably: a temporary file
/// in the same directory, fsync, read back and compared, `before_publishing` called, then linked
/// under its name (or renamed, where there are no links), and fsync of the directory. Leaves
/// nothing behind when it throws. Returns a warning if the file system cannot sync directories,
/// else an empty string.
std::string publish_file(const std::filesystem::path& path, std::span<const std::byte> bytes,
                         const std::function<void()>& before_publishing);

/// Replaces the contents of `path` at once: readers see the old text or the new one. Calls
/// `before_replacing` when all but the name is there. Not synced, so that a power failure may leave
/// it empty: for files that can be made again.
void replace_file(const std::filesystem::path& path, std::string_view text,
                  const std::function<void()>& before_replacing);

/// The same, and neither the text nor the name is lost by a power failure afterwards.
void replace_file_durably(const std::filesystem::path& path, std::string_view text,
                          const std::function<void()>& before_replacing);

/// Makes the names in `directory` durable, where the file system can.
void sync_names(const std::filesystem::path& directory);

/// The entries of `directory`, in no order; none if it does not exist.
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory,
                                              ExitCode on_error = ExitCode::kFailure);

/// Removes what publish_file and replace_file leave in `directory` when they are killed, for files
/// whose names are a run's own, as `is_own` says. Whoever has called `before_publishing` and not
/// yet made use of its answer finds nothing to publish any more.
void remove_temporary_files(const std::filesystem::path& directory,
                            const std::function<bool(std::string_view)>& is_own,
                            ExitCode on_error = ExitCode::kFailure);

}  // namespace tally
