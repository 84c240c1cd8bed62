// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>

namespace tally {

/// What its name is made of, as those of other temporary files are of theirs.
inline constexpr std::string_view kTrialName = "trial";

/// An empty file of a name that nobody else makes up, there for as long as this: shows that
/// `directory` can be written, and that others see what is written to it.
class TrialFile {
 public:
  /// Throws an Error (ExitCode::kUsage) if no file can be made in `directory`.
  explicit TrialFile(const std::filesystem::path& directory);
  ~TrialFile();
  TrialFile(const TrialFile&) = delete;
  TrialFile& operator=(const TrialFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tally
