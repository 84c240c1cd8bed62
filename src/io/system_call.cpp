// SPDX-License-Identifier: MIT
#include "system_call.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally {

namespace fs = std::filesystem;

namespace {

constexpr const char* kIrregular = "it is not a regular file";

std::string problem_of_opening(const fs::path& path, int error_number) {
  std::error_code unknown;
  if (error_number == ELOOP && fs::is_symlink(fs::symlink_status(path, unknown))) {
    return "it is a symbolic link, which is not followed";
  }
  // A pipe that nobody reads, or a socket.
  return error_number == ENXIO ? kIrregular : system_error_text(error_number);
}

}  // namespace

void fail_with_errno(const fs::path& path, std::string_view action, ExitCode exit_code) {
  const int error_number = errno;
  fail(exit_code, "{}: cannot {}: {}", path.string(), action, system_error_text(error_number));
}

int open_file(const fs::path& path, int flags) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

WritableFile open_writable(const fs::path& path, int access, unsigned mode) {
  constexpr int kCareful = O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const int descriptor =
      uninterrupted([&] { return ::open(path.c_str(), access | kCareful, mode); });
  if (descriptor < 0) return {-1, problem_of_opening(path, errno)};
  struct stat status {};
  std::string problem;
  if (::fstat(descriptor, &status) != 0) {
    problem = system_error_text(errno);
  } else if (!S_ISREG(status.st_mode)) {
    problem = kIrregular;
  } else if (status.st_nlink > 1) {
    problem = "it has other names, too (hard links)";
  }
  if (problem.empty()) return {descriptor, {}};
  ::close(descriptor);
  return {-1, problem};
}

int write_whole(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        uninterrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (written < 0) return -1;
    bytes = bytes.subspan(written);
  }
  return 0;
}

int close_file(int descriptor) {
  const int result = ::close(descriptor);
  return result != 0 && errno == EINTR ? 0 : result;
}

FileDescriptor::FileDescriptor(int descriptor, const fs::path& path, std::string_view action,
                               ExitCode on_error)
    : path_(path), descriptor_(descriptor) {
  if (descriptor_ < 0) fail_with_errno(path, action, on_error);
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileDescriptor::close() {
  if (end() != 0) fail_with_errno(path_, "write");
}

int FileDescriptor::end() {
  return close_file(std::exchange(descriptor_, -1));
}

void sync(const FileDescriptor& file, const fs::path& path) {
  if (uninterrupted([&] { return ::fsync(file.get()); }) != 0) {
    fail_with_errno(path, "sync to disk");
  }
}

bool sync_directory(const FileDescriptor& descriptor, const fs::path& directory) {
  if (uninterrupted([&] { return ::fsync(descriptor.get()); }) == 0) return true;
  if (errno != EINVAL && errno != ENOTSUP) fail_with_errno(directory, "sync to disk");
  return false;
}

}  // namespace tally
