// SPDX-License-Identifier: MIT
#include "tally/core/whole_file.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "tally/core/error.hpp"

namespace tally {

WholeFile::WholeFile(const std::filesystem::path& path)
    : path_(path), part_path_(path.string() + ".part") {
  file_ = std::fopen(part_path_.c_str(), "wbx");
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
