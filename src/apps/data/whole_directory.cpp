// SPDX-License-Identifier: MIT
#include "data/whole_directory.hpp"

#include <cerrno>
#include <cstdio>
#include <random>
#include <regex>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "tally/core/error.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_to_write(const fs::path& target, int error_number) {
  fail(ExitCode::kFailure, "{}: cannot be written ({}); check the space and permissions there",
       target.string(), system_error_text(error_number));
}

// A file by one of the names that data sets have: "train-images-idx3-ubyte", also with a dot in the
// place of the second dash, also with .gz.
bool is_of_data_set(const fs::directory_entry& entry) {
  static const std::regex kName(R"((train|t10k)-(images[-.]idx[34]|labels[-.]idx1)-ubyte(\.gz)?)");
  return entry.symlink_status().type() == fs::file_type::regular &&
         std::regex_match(entry.path().filename().string(), kName);
}

// Nothing else that somebody has put there meanwhile, and not what a link leads to that has taken
// the directory's place.
void remove_data_set(const fs::path& directory) {
  std::error_code ignored;
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (is_of_data_set(entry)) ::unlinkat(descriptor, entry.path().filename().c_str(), 0);
  }
  ::close(descriptor);
  ::unlinkat(AT_FDCWD, directory.c_str(), AT_REMOVEDIR);
}

void require_replaceable(const fs::path& target) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(target, error))) return;
  require(fs::is_directory(target, error), ExitCode::kUsage, "{}: expected a directory",
          target.string());
  for (const auto& entry : fs::directory_iterator(target, error)) {
    require(is_of_data_set(entry), ExitCode::kUsage,
            "{}: holds {}, expected an empty directory, or a data set to replace; choose another "
            "--out",
            target.string(), entry.path().filename().string());
  }
  if (error) fail_to_write(target, error.value());
}

/// What was written to a file or the names in a directory.
void sync(const fs::path& path, const fs::path& target) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error_number = errno;
  if (descriptor >= 0) ::close(descriptor);
  // Some file systems cannot sync directories.
  if (!is_synced && error_number != EINVAL && error_number != ENOTSUP) {
    fail_to_write(target, error_number);
  }
}

}  // namespace

WholeDirectory::WholeDirectory(const fs::path& target) {
  std::error_code error;
  target_ = fs::weakly_canonical(fs::absolute(target, error), error);
  if (error) fail_to_write(target, error.value());
  if (target_.filename().empty()) target_ = target_.parent_path();  // a slash at its end
  require_replaceable(target_);
  path_ = target_.parent_path() /
          fmt::format(".{}.tmp-{:08x}", target_.filename().string(), std::random_device()());
}

WholeDirectory::~WholeDirectory() {
  if (is_made_) remove_data_set(path_);
}

const fs::path& WholeDirectory::path() {
  if (is_made_) return path_;
  std::error_code error;
  fs::create_directories(target_.parent_path(), error);
  // One that is there already would be somebody else's.
  const bool is_new = !error && fs::create_directory(path_, error);
  if (!is_new) fail_to_write(target_, error ? error.value() : EEXIST);
  is_made_ = true;
  return path_;
}

void WholeDirectory::publish() {
  for (const auto& entry : fs::directory_iterator(path_)) sync(entry.path(), target_);
  sync(path_, target_);
  // An empty directory is replaced by renaming; one with an older data set changes places with this
  // one, and then is removed in its stead.
  if (::rename(path_.c_str(), target_.c_str()) == 0) {
    is_made_ = false;
  } else if (errno != ENOTEMPTY && errno != EEXIST) {
    fail_to_write(target_, errno);
  } else {
    require_replaceable(target_);
    const bool is_exchanged =
        ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0;
    require(is_exchanged || (errno != EINVAL && errno != ENOSYS), ExitCode::kFailure,
            "{}: holds a data set, which this file system cannot replace at once; choose another "
            "--out",
            target_.string());
    if (!is_exchanged) fail_to_write(target_, errno);
  }
  sync(target_.parent_path(), target_);
}

}  // namespace tally
