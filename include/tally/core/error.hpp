// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

#include <fmt/core.h>

// The one exception type of Tally. Its message is made where the fault is found and says, in this
// order: what failed, which file, rank or dataset, what was expected, what was got, what to do.
// `assert` is for Tally's own bugs, `require` for the outside world.
namespace tally {

/// What a Tally tool returns to its caller. Scripts read `run.status` instead.
enum class ExitCode : int {
  kDone = 0,
  kFailure = 1,     ///< a fault while running: a rank failed, a disk, a number that is no number
  kUsage = 2,       ///< a wrong command, configuration, data set or image
  kInUse = 3,       ///< another live run holds the run directory
  kCheckpoint = 4,  ///< no checkpoint that can be used
  kStopped = 75,    ///< stopped early; `--resume` continues (EX_TEMPFAIL of sysexits.h)
};

class Error : public std::runtime_error {
 public:
  Error(ExitCode exit_code, const std::string& message)
      : std::runtime_error(message), exit_code_(exit_code) {}

  [[nodiscard]] ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  ExitCode exit_code_;
};

/// Throws an Error with the formatted message unless `condition` holds.
template <typename... Arguments>
void require(bool condition, ExitCode exit_code, fmt::format_string<Arguments...> format,
             Arguments&&... arguments) {
  if (!condition) [[unlikely]] {
    throw Error(exit_code, fmt::format(format, std::forward<Arguments>(arguments)...));
  }
}

/// Throws an Error with the formatted message.
template <typename... Arguments>
[[noreturn]] void fail(ExitCode exit_code, fmt::format_string<Arguments...> format,
                       Arguments&&... arguments) {
  throw Error(exit_code, fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// The text of a system error number, for the end of a message: "No space left on device".
std::string system_error_text(int error_number);

}  // namespace tally
