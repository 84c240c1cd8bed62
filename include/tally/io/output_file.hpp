// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tally/core/error.hpp"

namespace tally {

class FileDescriptor;

/// A file that somebody names and that is written from its beginning. What was in it is lost. It
/// must be a regular file with one name: symbolic links are not followed, other names of a file
/// (hard links) not overwritten, and pipes and devices, which may block, not opened.
class OutputFile {
 public:
  /// Makes the file, or empties it. `subject` begins all messages, as in "--dump-order: FILE".
  /// Throws an Error with the exit code `on_error` if it cannot.
  OutputFile(const std::filesystem::path& path, std::string subject,
             ExitCode on_error = ExitCode::kFailure);
  OutputFile(OutputFile&&) noexcept;
  ~OutputFile();

  /// Throws an Error if not all could be written.
  void append(std::span<const std::byte> bytes);
  void append(std::string_view text);

  /// Ends the writing, and reports what a write may have failed to.
  void close();

 private:
  [[noreturn]] void fail_to_write(ExitCode exit_code) const;

  std::string subject_;
  std::unique_ptr<FileDescriptor> file_;
};

}  // namespace tally
