// SPDX-License-Identifier: MIT
#include "tally/core/whole_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "tally/core/error.hpp"

namespace tally {

namespace fs = std::filesystem;

WholeFile::WholeFile(const std::filesystem::path& path)
    : path_(path), part_path_(path.string() + ".part") {
  std::error_code unknown;  // then making the file tells
  const fs::file_status status = fs::symlink_status(path, unknown);
  require(!fs::exists(status) || fs::is_regular_file(status) || fs::is_symlink(status),
          ExitCode::kFailure, "{}: is not a regular file; choose another name", path.string());
  file_ = std::fopen(part_path_.c_str(), "wbx");
  require(file_ != nullptr || errno != EEXIST, ExitCode::kFailure,
          "{}: is there already, from a program that was killed or still writes; remove it",
          part_path_.string());
  if (file_ == nullptr) fail_to_write(errno);
}

WholeFile::~WholeFile() {
  if (file_ != nullptr) std::fclose(file_);
  std::error_code ignored;
  if (!is_published_) std::filesystem::remove(part_path_, ignored);
}

void WholeFile::write(std::span<const std::byte> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail_to_write(errno);
}

void WholeFile::publish() {
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail_to_write(errno);
  std::error_code error;
  std::filesystem::rename(part_path_, path_, error);
  if (error) fail_to_write(error.value());
  is_published_ = true;
}

void WholeFile::fail_to_write(int error_number) const {
  fail(ExitCode::kFailure, "{}: cannot be written ({}); check the space and permissions there",
       path_.string(), system_error_text(error_number));
}

}  // namespace tally
