// SPDX-License-Identifier: MIT
#include "temporary_file.hpp"

#include <cstdio>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryMark = ".tmp-";
constexpr std::size_t kTokenDigits = 16;

// What has no hard links (FAT, some network file systems) says so in one of these ways.
bool means_no_links(int error_number) {
  return error_number == EPERM || error_number == EOPNOTSUPP || error_number == ENOSYS ||
         error_number == EMLINK;
}

}  // namespace

fs::path temporary_name(const fs::path& target) {
  std::random_device source;
  return target.parent_path() / fmt::format(".{}{}{:08x}{:08x}", target.filename().string(),
                                            kTemporaryMark, source(), source());
}

void remove_temporary_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0) ::unlink(path.c_str());
}

std::string_view target_of(std::string_view name) {
  constexpr std::size_t kTailBytes = kTemporaryMark.size() + kTokenDigits;
  if (!name.starts_with('.') || name.size() <= 1 + kTailBytes) return {};
  const std::string_view tail = name.substr(name.size() - kTailBytes);
  const std::string_view token = tail.substr(kTemporaryMark.size());
  const bool is_own = tail.starts_with(kTemporaryMark) &&
                      token.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_own ? name.substr(1, name.size() - 1 - kTailBytes) : std::string_view();
}

TemporaryFile::TemporaryFile(const fs::path& target, std::span<const std::byte> bytes,
                             Durability durability)
    : target_(target),
      path_(temporary_name(target)),
      file_(open_file(path_, O_WRONLY | O_APPEND | O_CREAT | O_EXCL), target, "create") {
  try {
    write(bytes, durability);
  } catch (...) {
    remove_temporary_file(path_);
    throw;
  }
}

TemporaryFile::~TemporaryFile() {
  if (is_there_) remove_temporary_file(path_);
}

void TemporaryFile::write(std::span<const std::byte> bytes, Durability durability) {
  if (write_whole(file_.get(), bytes) != 0) fail_with_errno(target_, "write");
  if (durability == Durability::kSynced) sync(file_, target_);
}

void TemporaryFile::close() {
  file_.close();
}

// A server's answer that the link was made may be lost, and the second one find its name taken.
bool TemporaryFile::has_target_name() const {
  struct stat own {
  }, other{};
  return ::lstat(path_.c_str(), &own) == 0 && ::lstat(target_.c_str(), &other) == 0 &&
         own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

void TemporaryFile::publish() {
  const auto link = [&] { return ::link(path_.c_str(), target_.c_str()); };
  if (uninterrupted(link) == 0 || (errno == EEXIST && has_target_name())) return;
  if (!means_no_links(errno)) fail_with_errno(target_, "publish");
  const auto rename = [&] {
    return ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE);
  };
  if (uninterrupted(rename) == 0) {
    is_there_ = false;
    return;
  }
  require(errno != EINVAL && errno != ENOSYS, ExitCode::kFailure,
          "{}: cannot publish: this file system has neither hard links nor names that are given "
          "only if they are free; choose a --run-dir on another one",
          target_.string());
  fail_with_errno(target_, "publish");
}

void TemporaryFile::replace() {
  const auto rename = [&] { return ::rename(path_.c_str(), target_.c_str()); };
  if (uninterrupted(rename) != 0) fail_with_errno(target_, "replace");
  is_there_ = false;
}

}  // namespace tally
