// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "system_call.hpp"

// Private to layer io: files that become visible at once, under another name, when they are whole.
namespace tally {

/// A new file in the directory of `target`, removed in the end unless it was given that name.
/// Messages name the target. Its own name is like no other's, whatever the host or the process: a
/// run that was stopped and wakes up must not find the file of another under it.
class TemporaryFile {
 public:
  enum class Durability { kNone, kSynced };
  TemporaryFile(const std::filesystem::path& target, std::span<const std::byte> bytes,
                Durability durability);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Ends the writing, and reports what a write may have failed to.
  void close();

  /// Gives it the target's name, which must be free. Throws an Error if it cannot.
  void publish();

  /// Gives it the target's name in place of the file that has it. Throws an Error if it cannot.
  void replace();

  /// The file behind the target's name, open for appending, unless it was closed.
  [[nodiscard]] FileDescriptor take() { return std::move(file_); }

 private:
  void write(std::span<const std::byte> bytes, Durability durability);
  [[nodiscard]] bool has_target_name() const;

  std::filesystem::path target_;
  std::filesystem::path path_;
  FileDescriptor file_;
  bool is_there_ = true;
};

/// A name in the directory of `target` that nobody else makes up.
std::filesystem::path temporary_name(const std::filesystem::path& target);

/// Tries it twice; what stays all the same is removed when the run is started the next time.
void remove_temporary_file(const std::filesystem::path& path);

/// The name of the file that temporary_name has made the name `name` for; empty if it has not.
std::string_view target_of(std::string_view name);

}  // namespace tally
