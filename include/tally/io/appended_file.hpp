// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

// A file of this process's own making that grows. It stays open: when another run replaces it, this
// one goes on writing to the file that has lost its name, and never to the new one.
namespace tally {

class FileDescriptor;

class AppendedFile {
 public:
  /// Replaces the contents of `path` by `text` at once, as replace_file does. Throws an Error if it
  /// cannot.
  AppendedFile(std::filesystem::path path, std::string_view text,
               const std::function<void()>& before_replacing);
  AppendedFile(AppendedFile&&) noexcept;
  ~AppendedFile();

  /// Adds `text` at the end, all of it or, when it throws an Error, nothing.
  void append(std::string_view text) const;

 private:
  std::filesystem::path path_;
  std::unique_ptr<FileDescriptor> file_;
};

}  // namespace tally
