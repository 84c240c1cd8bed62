// SPDX-License-Identifier: MIT
#include "tally/io/appended_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "system_call.hpp"
#include "temporary_file.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// Network file systems write back, and report what failed, whenever any descriptor is closed.
void flush(int descriptor, const fs::path& path) {
  const int copy = ::dup(descriptor);
  if (copy < 0 || close_file(copy) != 0) fail_with_errno(path, "write");
}

}  // namespace

AppendedFile::AppendedFile(fs::path path, std::string_view text,
                           const std::function<void()>& before_replacing)
    : path_(std::move(path)) {
  TemporaryFile file(path_, std::as_bytes(std::span(text)), TemporaryFile::Durability::kNone);
  before_replacing();
  file.replace();
  file_ = std::make_unique<FileDescriptor>(file.take());
  flush(file_->get(), path_);
}

AppendedFile::AppendedFile(AppendedFile&&) noexcept = default;
AppendedFile::~AppendedFile() = default;

void AppendedFile::append(std::string_view text) const {
  struct stat before {};
  if (::fstat(file_->get(), &before) != 0) fail_with_errno(path_, "write");
  require(before.st_nlink > 0, ExitCode::kFailure,
          "{}: cannot write: the file was removed or replaced; --resume makes it again",
          path_.string());
  try {
    if (write_whole(file_->get(), std::as_bytes(std::span(text))) != 0) {
      fail_with_errno(path_, "write");
    }
    flush(file_->get(), path_);
  } catch (const Error&) {
    [[maybe_unused]] const int as_before = ::ftruncate(file_->get(), before.st_size);
    throw;
  }
}

}  // namespace tally
