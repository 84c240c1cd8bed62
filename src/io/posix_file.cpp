// SPDX-License-Identifier: MIT
#include "tally/io/posix_file.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holding_directory.hpp"
#include "system_call.hpp"
#include "tally/core/text.hpp"
#include "temporary_file.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// An existing file, open for reading.
class RegularFile {
 public:
  // Without waiting: a pipe has no end until somebody writes to it.
  RegularFile(const fs::path& path, ExitCode on_error, int flags = 0)
      : path_(path),
        on_error_(on_error),
        file_(open_file(path, O_RDONLY | O_NONBLOCK | flags), path, "open", on_error) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) fail_with_errno(path, "read", on_error);
    require(S_ISREG(status.st_mode), on_error, "{}: is not a regular file", path.string());
    size_ = status.st_size;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] std::vector<std::byte> read_all(std::size_t max_bytes) const {
    require(size_ <= max_bytes, on_error_, "{}: has {} bytes; at most {} are read", path_.string(),
            grouped(static_cast<std::int64_t>(size_)),
            grouped(static_cast<std::int64_t>(max_bytes)));
    return read(size_);
  }

  // The next `count` bytes, or fewer if the file has shrunk.
  [[nodiscard]] std::vector<std::byte> read(std::size_t count) const {
    std::vector<std::byte> bytes(count);
    bytes.resize(fill(bytes));
    return bytes;
  }

  // How many of `bytes` the next bytes of the file fill: fewer at its end only.
  [[nodiscard]] std::size_t fill(std::span<std::byte> bytes) const {
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = uninterrupted(
          [&] { return ::read(file_.get(), bytes.data() + filled, bytes.size() - filled); });
      if (got < 0) fail_with_errno(path_, "read", on_error_);
      if (got == 0) break;
      filled += got;
    }
    return filled;
  }

  void skip(std::size_t count) const {
    if (::lseek(file_.get(), count, SEEK_CUR) < 0) {
      fail_with_errno(path_, "read", on_error_);
    }
  }

 private:
  const fs::path& path_;
  ExitCode on_error_;
  FileDescriptor file_;
  std::size_t size_ = 0;
};

void verify(const TemporaryFile& file, std::span<const std::byte> expected,
            const fs::path& target) {
  const std::vector<std::byte> found = read_file(file.path(), expected.size());
  require(std::ranges::equal(found, expected), ExitCode::kFailure,
          "{}: reads back other bytes than were written; the disk or its memory is faulty",
          target.string());
}

/// A name alone lies in the working directory.
fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

std::vector<std::byte> read_file(const fs::path& path, std::size_t max_bytes, ExitCode on_error) {
  return RegularFile(path, on_error).read_all(max_bytes);
}

std::vector<std::byte> read_unlinked_file(const fs::path& path, std::size_t max_bytes,
                                          ExitCode on_error) {
  struct stat status {};
  require(::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode), on_error,
          "{}: is a symbolic link, which is not followed", path.string());
  return RegularFile(path, on_error, O_NOFOLLOW).read_all(max_bytes);
}

FileStart read_start(const fs::path& path, std::size_t most, ExitCode on_error) {
  const RegularFile file(path, on_error);
  return {file.read(std::min(most, file.size())), file.size()};
}

FileEnd read_end(const fs::path& path, std::size_t most, ExitCode on_error) {
  const RegularFile file(path, on_error);
  const std::size_t count = std::min(most, file.size());
  const std::size_t begin = file.size() - count;
  file.skip(begin);
  return {file.read(count), begin};
}

void read_pieces(const fs::path& path, std::size_t begin,
                 const std::function<void(std::span<const std::byte>)>& take, ExitCode on_error) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  const RegularFile file(path, on_error);
  file.skip(begin);
  std::vector<std::byte> piece(kPieceBytes);
  for (std::size_t filled = kPieceBytes; filled == kPieceBytes;) {
    filled = file.fill(piece);
    take(std::span(piece).first(filled));
  }
}

std::string publish_file(const fs::path& path, std::span<const std::byte> bytes,
                         const std::function<void()>& before_publishing) {
  TemporaryFile temporary(path, bytes, TemporaryFile::Durability::kSynced);
  temporary.close();
  verify(temporary, bytes, path);
  const fs::path directory = directory_of(path);
  const FileDescriptor descriptor(open_file(directory, O_RDONLY | O_DIRECTORY), directory, "open");
  before_publishing();
  temporary.publish();
  try {
    if (sync_directory(descriptor, directory)) return {};
  } catch (const Error&) {
    ::unlink(path.c_str());
    throw;
  }
  return fmt::format(
      "{}: this file system cannot sync directories; after a power failure the "
      "newest checkpoint may be missing",
      directory.string());
}

void replace_file(const fs::path& path, std::string_view text,
                  const std::function<void()>& before_replacing) {
  TemporaryFile temporary(path, std::as_bytes(std::span(text)), TemporaryFile::Durability::kNone);
  temporary.close();
  before_replacing();
  temporary.replace();
}

void replace_file_durably(const fs::path& path, std::string_view text,
                          const std::function<void()>& before_replacing) {
  TemporaryFile temporary(path, std::as_bytes(std::span(text)), TemporaryFile::Durability::kSynced);
  temporary.close();
  before_replacing();
  temporary.replace();
  sync_names(directory_of(path));
}

void sync_names(const fs::path& directory) {
  const fs::path named = directory.empty() ? "." : directory;
  const int descriptor = open_file(named, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0 && errno == EACCES) return;  // a directory that only leads to the next one
  sync_directory({descriptor, named, "open"}, named);
}

std::vector<fs::path> entries_of(const fs::path& directory, ExitCode on_error) {
  std::vector<fs::path> entries;
  std::error_code error;
  do {
    entries.clear();
    fs::directory_iterator at(directory, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      entries.push_back(at->path());
    }
  } while (error == std::errc::interrupted);
  require(!error || error == std::errc::no_such_file_or_directory, on_error,
          "{}: cannot be listed: {}", directory.string(), error.message());
  return entries;
}

void remove_temporary_files(const fs::path& directory,
                            const std::function<bool(std::string_view)>& is_own,
                            ExitCode on_error) {
  for (const fs::path& entry : entries_of(directory, on_error)) {
    const std::string name = entry.filename().string();
    const std::string_view target = target_of(name);
    if (target.empty() || !is_own(target)) continue;
    const int result = uninterrupted([&] { return ::unlink(entry.c_str()); });
    if (result != 0 && (errno == EISDIR || errno == EPERM)) remove_holding_directory(entry);
  }
}

}  // namespace tally
