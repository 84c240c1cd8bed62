// SPDX-License-Identifier: MIT
#include "system_call.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace tally {

namespace fs = std::filesystem;

void fail_with_errno(const fs::path& path, std::string_view action, ExitCode exit_code) {
  const int error_number = errno;
  fail(exit_code, "{}: cannot {}: {}", path.string(), action, system_error_text(error_number));
}

int open_file(const fs::path& path, int flags) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
}

int write_whole(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        uninterrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (written < 0) return -1;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
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
  if (close_file(std::exchange(descriptor_, -1)) != 0) fail_with_errno(path_, "write");
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
