// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace tally {

/// A data set's directory whose files appear under its name together, when all are written, or not
/// at all; a kill at any moment leaves what was there before. Until then they are in a hidden
/// directory beside it.
class WholeDirectory {
 public:
  /// Throws an Error (ExitCode::kUsage) if `target` holds anything but a data set, which publish()
  /// would replace.
  explicit WholeDirectory(const std::filesystem::path& target);
  ~WholeDirectory();
  WholeDirectory(const WholeDirectory&) = delete;
  WholeDirectory& operator=(const WholeDirectory&) = delete;

  /// Where to write the files; made by the first call.
  const std::filesystem::path& path();

  /// Gives what was written the name of the target, durably.
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  bool is_made_ = false;
};

}  // namespace tally
