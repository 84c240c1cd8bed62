// SPDX-License-Identifier: MIT
#include "tally/core/standard_streams.hpp"

#include <csignal>
#include <cstdio>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "tally/core/text.hpp"

namespace tally {
namespace {

// fmt::print throws if it cannot write, which in a handler of an exception ends the program. One
// write, so that lines of several ranks do not mix. What the message quotes may be hostile: it
// stays one line.
void say(std::string_view tool, std::string_view label, std::string_view message) {
  fmt::memory_buffer line;
  fmt::format_to(std::back_inserter(line), "{}: {}{}\n", tool, label, printable_line(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void print_error(std::string_view tool, std::string_view message) {
  say(tool, "", message);
}

void print_warning(std::string_view tool, std::string_view message) {
  say(tool, "warning: ", message);
}

void reserve_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number, which is this one. It can only be read, or, as an input, only
    // written.
    if (::fcntl(stream, F_GETFD) != -1) continue;
    const int way = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    [[maybe_unused]] const int opened = ::open("/dev/null", way);
  }
}

OutputPipe::OutputPipe() : is_ignored_(std::signal(SIGPIPE, SIG_IGN) == SIG_IGN) {}

void OutputPipe::end_without_reader() const {
  if (is_ignored_ || std::ferror(stdout) == 0) return;
  pollfd output{STDOUT_FILENO, 0, 0};
  if (::poll(&output, 1, 0) != 1 || (output.revents & (POLLERR | POLLHUP)) == 0) return;
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
}

}  // namespace tally
