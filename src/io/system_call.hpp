// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tally/core/error.hpp"

// Private to layer io: the system calls that files are written with, made again when a signal
// interrupts them, and the one place where their failures become messages.
namespace tally {

/// What `call` returns, once it is not interrupted.
template <typename Call>
auto uninterrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// Throws an Error that ends in the text of errno.
[[noreturn]] void fail_with_errno(const std::filesystem::path& path, std::string_view action,
                                  ExitCode exit_code = ExitCode::kFailure);

/// What it makes, anybody may read and write whom the umask lets.
int open_file(const std::filesystem::path& path, int flags);

/// The one way in which Tally opens what may be there already and is to be written: a regular file
/// that has no other name. Makes it, with `mode` less the umask, if there is none. Whoever may
/// write into the same directory could have put a symbolic link or a hard link to another file
/// there, or a pipe that nobody reads; none of them is followed, changed or waited for.
struct WritableFile {
  int descriptor = -1;
  std::string problem;  ///< why there is none, for the end of a message
};
WritableFile open_writable(const std::filesystem::path& path, int access, unsigned mode);

/// Returns -1 with errno if not all could be written.
int write_whole(int descriptor, std::span<const std::byte> bytes);

/// A file that is already closed when its closing is interrupted, as on Linux, is closed.
int close_file(int descriptor);

class FileDescriptor {
 public:
  /// Owns what open_file returned. Messages name `path`.
  FileDescriptor(int descriptor, const std::filesystem::path& path, std::string_view action,
                 ExitCode on_error = ExitCode::kFailure);
  FileDescriptor(FileDescriptor&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();

  [[nodiscard]] int get() const { return descriptor_; }

  /// A failed close may be the only report of a failed write: throws an Error.
  void close();

  /// The same, and returns -1 with errno.
  int end();

 private:
  std::filesystem::path path_;
  int descriptor_;
};

/// A failed fsync is final: the kernel marks the pages clean, and a second one would "succeed".
void sync(const FileDescriptor& file, const std::filesystem::path& path);

/// Returns false if this file system cannot sync directories.
bool sync_directory(const FileDescriptor& descriptor, const std::filesystem::path& directory);

}  // namespace tally
