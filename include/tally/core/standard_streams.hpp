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

}  // namespace tally
