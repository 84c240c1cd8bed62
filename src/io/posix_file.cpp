// SPDX-License-Identifier: MIT
#include "tally/io/posix_file.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tally/core/text.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryMark = ".tmp-";

[[noreturn]] void fail_with_errno(const fs::path& path, std::string_view action,
                                  ExitCode exit_code = ExitCode::kFailure) {
  const int error_number = errno;
  fail(exit_code, "{}: cannot {}: {}", path.string(), action, system_error_text(error_number));
}

int open_file(const fs::path& path, int flags) {
  return ::open(path.c_str(), flags | O_CLOEXEC, 0644);
}

class FileDescriptor {
 public:
  // Owns what open_file returned. Messages name `path`.
  FileDescriptor(int descriptor, const fs::path& path, std::string_view action,
                 ExitCode on_error = ExitCode::kFailure)
      : path_(path), descriptor_(descriptor) {
    if (descriptor_ < 0) fail_with_errno(path, action, on_error);
  }
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int get() const { return descriptor_; }

  // A failed close may be the only report of a failed write.
  void close() {
    if (::close(std::exchange(descriptor_, -1)) != 0) fail_with_errno(path_, "write");
  }

 private:
  fs::path path_;
  int descriptor_;
};

// An existing file, open for reading.
class RegularFile {
 public:
  // Without waiting: a pipe has no end until somebody writes to it.
  RegularFile(const fs::path& path, ExitCode on_error)
      : path_(path),
        on_error_(on_error),
        file_(open_file(path, O_RDONLY | O_NONBLOCK), path, "open", on_error) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) fail_with_errno(path, "read", on_error);
    require(S_ISREG(status.st_mode), on_error, "{}: is not a regular file", path.string());
    size_ = static_cast<std::size_t>(status.st_size);
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  // The first `count` bytes, or fewer if the file has shrunk.
  [[nodiscard]] std::vector<std::byte> read(std::size_t count) const {
    std::vector<std::byte> bytes(count);
    std::size_t filled = 0;
    while (filled < count) {
      const ssize_t got = ::read(file_.get(), bytes.data() + filled, count - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_with_errno(path_, "read", on_error_);
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

 private:
  const fs::path& path_;
  ExitCode on_error_;
  FileDescriptor file_;
  std::size_t size_ = 0;
};

void write_all(int descriptor, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with_errno(path, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

// A failed fsync is final: the kernel marks the pages clean, and a second one would "succeed".
void sync(int descriptor, const fs::path& path) {
  if (::fsync(descriptor) != 0) fail_with_errno(path, "sync to disk");
}

std::string sync_directory(const FileDescriptor& descriptor, const fs::path& directory) {
  if (::fsync(descriptor.get()) == 0) return {};
  if (errno != EINVAL && errno != ENOTSUP) fail_with_errno(directory, "sync to disk");
  return fmt::format(
      "{}: this file system cannot sync directories; after a power failure the "
      "newest checkpoint may be missing",
      directory.string());
}

fs::path temporary_name(const fs::path& path) {
  return path.parent_path() /
         fmt::format(".{}{}{}", path.filename().string(), kTemporaryMark, ::getpid());
}

// A new file of its own name in the directory of `target`, removed in the end. Messages name the
// target.
class TemporaryFile {
 public:
  TemporaryFile(const fs::path& target, std::span<const std::byte> bytes, bool durably)
      : path_(temporary_name(target)) {
    ::unlink(path_.c_str());  // left behind by a killed process of the same number
    try {
      write(target, bytes, durably);
    } catch (...) {
      ::unlink(path_.c_str());
      throw;
    }
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  void write(const fs::path& target, std::span<const std::byte> bytes, bool durably) const {
    FileDescriptor file(open_file(path_, O_WRONLY | O_CREAT | O_EXCL), target, "create");
    write_all(file.get(), bytes, target);
    if (durably) sync(file.get(), target);
    file.close();
  }

  fs::path path_;
};

void verify(const TemporaryFile& file, std::span<const std::byte> expected,
            const fs::path& target) {
  const std::vector<std::byte> found = read_file(file.path(), expected.size());
  require(std::ranges::equal(found, expected), ExitCode::kFailure,
          "{}: reads back other bytes than were written; the disk or its memory is faulty",
          target.string());
}

}  // namespace

std::vector<std::byte> read_file(const fs::path& path, std::size_t max_bytes, ExitCode on_error) {
  const RegularFile file(path, on_error);
  require(file.size() <= max_bytes, on_error, "{}: has {} bytes; at most {} are read",
          path.string(), grouped(static_cast<std::int64_t>(file.size())),
          grouped(static_cast<std::int64_t>(max_bytes)));
  return file.read(file.size());
}

FileStart read_start(const fs::path& path, std::size_t most, ExitCode on_error) {
  const RegularFile file(path, on_error);
  return {file.read(std::min(most, file.size())), file.size()};
}

std::string publish_file(const fs::path& path, std::span<const std::byte> bytes,
                         const std::function<void()>& before_publishing) {
  const TemporaryFile temporary(path, bytes, true);
  verify(temporary, bytes, path);
  const fs::path directory = path.parent_path();
  const FileDescriptor descriptor(open_file(directory, O_RDONLY | O_DIRECTORY), directory, "open");
  before_publishing();
  if (::link(temporary.path().c_str(), path.c_str()) != 0) fail_with_errno(path, "publish");
  try {
    return sync_directory(descriptor, directory);
  } catch (const Error&) {
    ::unlink(path.c_str());
    throw;
  }
}

void replace_file(const fs::path& path, std::string_view text) {
  const TemporaryFile temporary(path, std::as_bytes(std::span(text)), false);
  if (::rename(temporary.path().c_str(), path.c_str()) != 0) fail_with_errno(path, "replace");
}

void append_to_file(const fs::path& path, std::string_view text) {
  FileDescriptor file(open_file(path, O_WRONLY | O_APPEND), path, "open");
  struct stat before {};
  if (::fstat(file.get(), &before) != 0) fail_with_errno(path, "write");
  try {
    write_all(file.get(), std::as_bytes(std::span(text)), path);
  } catch (const Error&) {
    [[maybe_unused]] const int as_before = ::ftruncate(file.get(), before.st_size);
    throw;
  }
  file.close();
}

std::vector<fs::path> entries_of(const fs::path& directory, ExitCode on_error) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    entries.push_back(at->path());
  }
  require(!error || error == std::errc::no_such_file_or_directory, on_error,
          "{}: cannot be listed: {}", directory.string(), error.message());
  return entries;
}

void remove_temporary_files(const fs::path& directory, ExitCode on_error) {
  for (const fs::path& entry : entries_of(directory, on_error)) {
    const std::string name = entry.filename().string();
    const bool is_temporary =
        name.starts_with('.') && name.find(kTemporaryMark) != std::string::npos;
    std::error_code ignored;  // what cannot be removed does no harm
    if (is_temporary) fs::remove(entry, ignored);
  }
}

}  // namespace tally
