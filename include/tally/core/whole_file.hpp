// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <span>

namespace tally {

/// A file that appears under its name only when it is complete, in place of a file or a link that
/// was there. Until then it is FILE.part, and goes with this object.
class WholeFile {
 public:
  /// Throws an Error (ExitCode::kFailure) if FILE is a directory, a device or a pipe, and if
  /// FILE.part cannot be made or is there already: a link that somebody has put there is not
  /// followed.
  explicit WholeFile(const std::filesystem::path& path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  /// These throw an Error (ExitCode::kFailure) that names the file if they cannot.
  void write(std::span<const std::byte> bytes);
  void publish();

 private:
  [[noreturn]] void fail_to_write(int error_number) const;

  std::filesystem::path path_;
  std::filesystem::path part_path_;
  std::FILE* file_ = nullptr;
  bool is_published_ = false;
};

}  // namespace tally
