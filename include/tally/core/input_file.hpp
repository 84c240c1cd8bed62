// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tally/core/error.hpp"

namespace tally {

/// A regular file that somebody names, open for reading. Errors name it and what to do.
class InputFile {
 public:
  /// Throws an Error (ExitCode::kUsage) if it cannot be opened or is no regular file;
  /// `not_a_directory` says what was expected if it is a directory.
  InputFile(const std::filesystem::path& path, std::string_view not_a_directory);

  /// In bytes, when it was opened.
  [[nodiscard]] std::int64_t size() const { return size_; }

  /// Fills `chunk`, less only at the end of the file; returns how much. Throws an Error with the
  /// exit code `on_error` if the disk fails.
  std::size_t read(std::span<std::byte> chunk, ExitCode on_error);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::string name_;
  std::int64_t size_ = 0;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace tally
