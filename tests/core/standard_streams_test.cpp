// SPDX-License-Identifier: MIT
#include "tally/core/standard_streams.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tally {
namespace {

TEST(PrintError, NamesTheToolAndKeepsToOneLine) {
  testing::internal::CaptureStderr();
  print_error("tally-x", "no\nsuch \x1B[31mfile");
  print_warning("tally-x", "slow");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "tally-x: no\\x0Asuch \\x1B[31mfile\ntally-x: warning: slow\n");
}

TEST(ReserveStandardStreams, KeepsFilesFromTheirNumbers) {
  EXPECT_EXIT(
      {
        ::close(STDIN_FILENO);
        ::close(STDOUT_FILENO);
        reserve_standard_streams();
        const int file = ::open("/dev/null", O_RDONLY);
        const bool can_write = ::write(STDOUT_FILENO, "x", 1) == 1;
        std::_Exit(file > STDERR_FILENO && !can_write ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

// Writes what no reader takes, and returns how the process ended by itself.
[[noreturn]] void end_without_reader() {
  int ends[2];
  if (::pipe(ends) != 0 || ::dup2(ends[1], STDOUT_FILENO) < 0) std::_Exit(2);
  const OutputPipe output;
  ::close(ends[0]);
  std::fputs("text", stdout);
  std::fflush(stdout);
  output.end_without_reader();
  std::_Exit(3);
}

TEST(OutputPipe, EndsByTheSignalOnceItIsToldTo) {
  EXPECT_EXIT(end_without_reader(), testing::KilledBySignal(SIGPIPE), "");
}

TEST(OutputPipe, GoesOnWhereTheSignalWasIgnored) {
  EXPECT_EXIT(
      {
        std::signal(SIGPIPE, SIG_IGN);
        end_without_reader();
      },
      testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace tally
