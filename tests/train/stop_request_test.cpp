// SPDX-License-Identifier: MIT
#include "tally/train/stop_request.hpp"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// Sends signals as another process does, and returns what `request` makes of them. They are taken
// on another thread, so that it may be a moment later.
std::uint32_t flags_of(StopRequest& request, std::initializer_list<int> signals,
                       std::uint32_t expected) {
  for (const int signal_number : signals) kill(getpid(), signal_number);
  std::uint32_t flags = 0;
  for (int i = 0; i < 5'000 && flags != expected; ++i) {
    flags |= request.take();
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return flags;
}

TEST(StopRequest, ASaveIsAskedForOnceAndAStopForGood) {
  StopRequest request;
  EXPECT_EQ(request.take(), 0U);
  EXPECT_EQ(flags_of(request, {SIGUSR1}, kSaveNow), kSaveNow);
  EXPECT_EQ(request.take(), 0U);
  EXPECT_FALSE(request.has_been_terminated());
  EXPECT_EQ(flags_of(request, {SIGTERM, SIGUSR1}, kStopForTerm | kSaveNow),
            kStopForTerm | kSaveNow);
  EXPECT_EQ(request.take(), kStopForTerm);
  EXPECT_TRUE(request.has_been_terminated());
}

TEST(StopRequest, TakesEverySignalThatAsksForAStop) {
  StopRequest request;
  std::uint32_t expected = 0;
  for (const auto& [signal_number, flag] : {std::pair{SIGUSR2, kStopForUsr2},
                                            {SIGINT, kStopForInt},
                                            {SIGHUP, kStopForHup},
                                            {SIGTERM, kStopForTerm}}) {
    expected |= flag;
    EXPECT_EQ(flags_of(request, {signal_number}, expected), expected);
  }
}

TEST(StopRequest, IsTheOnlyOneToHearThemOnAnyThread) {
  const StopRequest request;
  sigset_t here, there;
  pthread_sigmask(SIG_SETMASK, nullptr, &here);
  std::thread([&] { pthread_sigmask(SIG_SETMASK, nullptr, &there); }).join();
  for (const int signal_number : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP}) {
    EXPECT_TRUE(sigismember(&here, signal_number));
    EXPECT_TRUE(sigismember(&there, signal_number));
  }
}

TEST(StopRequest, IgnoresAClosedStandardOutput) {
  const StopRequest request;
  std::raise(SIGPIPE);  // would end the process
}

// A signal after the last step finds a process that is about to end with its own code.
TEST(StopRequest, LeavesTheExitCodeToTheProcessOnceItHasGone) {
  EXPECT_EXIT(
      {
        { const StopRequest request; }
        kill(getpid(), SIGUSR1);
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(StopRequest, LeavesWhatWasIgnoredIgnored) {
  for (const int signal_number : {SIGHUP, SIGINT}) {
    EXPECT_EXIT(
        {
          std::signal(signal_number, SIG_IGN);
          StopRequest request;
          const std::uint32_t flags = flags_of(request, {signal_number, SIGUSR2}, kStopForUsr2);
          std::exit(flags == kStopForUsr2 ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
  }
}

TEST(StopRequest, MayEndInTheMiddleOfSignals) {
  const StopRequest outer;  // which keeps the signals blocked
  const std::jthread sender([](const std::stop_token& stop) {
    while (!stop.stop_requested()) kill(getpid(), SIGUSR1);
  });
  for (int i = 0; i < 300; ++i) {
    StopRequest request;
    static_cast<void>(request.take());
  }
}

// TERM cannot end a process that was started with TERM blocked.
TEST(StopRequest, LeavesSignalsToTheProgramsThatTheProcessStarts) {
  const StopRequest request;
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);  // fails the test instead of keeping it waiting
    pause();
    _exit(0);
  }
  kill(child, SIGTERM);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

}  // namespace
}  // namespace tally
