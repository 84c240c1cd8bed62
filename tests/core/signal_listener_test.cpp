// SPDX-License-Identifier: MIT
#include "tally/core/signal_listener.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tally {
namespace {

// Notes what a listener hears.
class Ear {
 public:
  std::function<void(int)> hear() {
    return [this](int signal_number) {
      heard_on_ = std::this_thread::get_id();
      last_ = signal_number;
      ++count_;
    };
  }

  /// Whether so many have come, within five seconds.
  [[nodiscard]] bool has_heard(int count) const {
    for (int i = 0; i < 5'000 && count_ < count; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return count_ == count;
  }

  [[nodiscard]] int last() const { return last_; }
  [[nodiscard]] std::thread::id heard_on() const { return heard_on_; }

 private:
  std::atomic<int> count_ = 0;
  std::atomic<int> last_ = 0;
  std::atomic<std::thread::id> heard_on_;
};

bool is_blocked_here(int signal_number) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal_number) == 1;
}

// In a process of its own: threads that OpenMP has started by now would be ended by the signal.
TEST(SignalListener, HearsOneSignalAfterTheOtherOnItsOwnThread) {
  EXPECT_EXIT(
      {
        Ear ear;
        const SignalListener listener({SIGUSR1, SIGTERM}, ear.hear());
        kill(getpid(), SIGUSR1);
        const bool heard_first = ear.has_heard(1) && ear.last() == SIGUSR1;
        kill(getpid(), SIGTERM);
        const bool heard_second = ear.has_heard(2) && ear.last() == SIGTERM;
        const bool is_apart = ear.heard_on() != std::this_thread::get_id();
        _exit(heard_first && heard_second && is_apart ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(SignalListener, BlocksThemForGoodHereAndOnThreadsToCome) {
  Ear ear;
  { const SignalListener listener({SIGUSR2}, ear.hear()); }
  EXPECT_TRUE(is_blocked_here(SIGUSR2));
  EXPECT_TRUE(std::async(std::launch::async, [] { return is_blocked_here(SIGUSR2); }).get());
  EXPECT_TRUE(ear.has_heard(0));
}

TEST(SignalListener, HearsWhatAnEarlierThreadGetsIfItIsPassedOn) {
  std::atomic<bool> ends = false;
  // ThreadSanitizer hands a signal over at a call that it knows, such as this sleep.
  std::thread earlier([&] {
    while (!ends) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  Ear ear;
  {
    const SignalListener listener({SIGALRM}, ear.hear(), SignalListener::EarlierThreads::kPassOn);
    pthread_kill(earlier.native_handle(), SIGALRM);
    EXPECT_TRUE(ear.has_heard(1));
    EXPECT_EQ(ear.last(), SIGALRM);
  }
  struct sigaction action {};
  sigaction(SIGALRM, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
  ends = true;
  earlier.join();
}

// In a process of its own, whose first listener it is.
TEST(SignalListenerDeathTest, LetsForkedProcessesHearThem) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        const SignalListener listener({SIGUSR1}, [](int) {});
        const pid_t child = fork();
        if (child == 0) _exit(is_blocked_here(SIGUSR1) ? 1 : 0);
        int status = 0;
        waitpid(child, &status, 0);
        _exit(WEXITSTATUS(status));
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tally
