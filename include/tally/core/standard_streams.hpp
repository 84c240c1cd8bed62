// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

// What programs say on standard error. It may be closed, a pipe that nobody reads, or a log on the
// disk that is full: that ends no training and hides no exit code, so what cannot be written is
// lost.
namespace tally {

/// Prints "tool: message".
void print_error(std::string_view tool, std::string_view message);

/// Prints "tool: warning: message".
void print_warning(std::string_view tool, std::string_view message);

/// Keeps files and sockets from the numbers of standard streams that are closed: what is said there
/// would end in them. Writing to such a stream fails as before. To be called before files are
/// opened.
void reserve_standard_streams();

/// Standard output into a pipe whose reader may go (`tally-status runs | head -1`). While it lives,
/// SIGPIPE ends nothing: no file is left half written, and no exit code is hidden because nobody
/// reads standard error.
class OutputPipe {
 public:
  OutputPipe();

  /// Once all is tidied up: ends the process quietly by SIGPIPE, as any filter, if the reader has
  /// gone before all that was said reached it. Returns otherwise, and where whoever started the
  /// process ignores SIGPIPE.
  void end_without_reader() const;

 private:
  bool is_ignored_;
};

}  // namespace tally
