// SPDX-License-Identifier: MIT
// Why no handler: oneDNN's kernels for AVX2 keep the stack pointer in a buffer on the heap while
// they compute. The kernel of the system would push the frame of a handler there, over the heap
// below. SA_ONSTACK does not help: the alternate stack is one thread's, and any thread may get a
// signal.
#include "tally/train/stop_request.hpp"

#include <array>
#include <cstddef>
#include <iterator>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

constexpr std::array kTaken = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP};

std::uint32_t flag_of(int signal_number) {
  switch (signal_number) {
    case SIGUSR1:
      return kSaveNow;
    case SIGUSR2:
      return kStopForUsr2;
    case SIGINT:
      return kStopForInt;
    case SIGHUP:
      return kStopForHup;
    default:
      return kStopForTerm;
  }
}

// Of these, what whoever started the process had ignored. It must be seen before the constructors of
// libraries run: UCX, which some MPI libraries load, puts a handler for HUP in its place.
constexpr int kIgnorable[] = {SIGINT, SIGHUP};
bool was_ignored[std::size(kIgnorable)];

// Runs before any sanitizer is ready: without their code, and without the calls that they replace.
__attribute__((no_sanitize("address", "thread", "undefined"))) void note_ignored() {
  for (std::size_t i = 0; i < std::size(kIgnorable); ++i) {
    struct {
      decltype(SIG_IGN) handler;
      unsigned long rest[4];
    } action{};  // as the kernel has it
    if (syscall(SYS_rt_sigaction, kIgnorable[i], nullptr, &action, _NSIG / 8) == 0) {
      was_ignored[i] = action.handler == SIG_IGN;
    }
  }
}

[[gnu::used, gnu::section(".preinit_array")]] void (*const note_ignored_first)() = note_ignored;

// A blocked signal is delivered to sigwait() even where it is ignored.
bool is_left_ignored(int signal_number) {
  if (signal_number != SIGINT && signal_number != SIGHUP) return false;
  struct sigaction action {};
  sigaction(signal_number, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

// Open MPI forks a daemon beside a rank that was started alone. What is blocked is inherited, and
// that daemon would not hear that it is to end.
sigset_t unblocked_in_child;

void unblock_in_child() {
  sigprocmask(SIG_UNBLOCK, &unblocked_in_child, nullptr);
}

void block(const sigset_t& signals) {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  static const bool is_first = [&] {
    sigemptyset(&unblocked_in_child);
    for (const int signal_number : kTaken) {
      if (sigismember(&before, signal_number) == 0) sigaddset(&unblocked_in_child, signal_number);
    }
    return pthread_atfork(nullptr, nullptr, unblock_in_child) == 0;
  }();
  static_cast<void>(is_first);
}

}  // namespace

void ignore_as_at_start() {
  for (std::size_t i = 0; i < std::size(kIgnorable); ++i) {
    if (was_ignored[i]) std::signal(kIgnorable[i], SIG_IGN);
  }
}

StopRequest::StopRequest() {
  ignore_as_at_start();
  sigemptyset(&signals_);
  for (const int signal_number : kTaken) {
    if (!is_left_ignored(signal_number)) sigaddset(&signals_, signal_number);
  }
  block(signals_);
  for (const int ignored : {SIGPIPE, SIGXFSZ}) std::signal(ignored, SIG_IGN);
  listener_ = std::thread([this] { listen(); });
}

StopRequest::~StopRequest() {
  is_ending_ = true;
  pthread_kill(listener_.native_handle(), SIGUSR1);  // to the listener alone, which then ends
  listener_.join();
}

void StopRequest::listen() {
  while (true) {
    int signal_number = 0;
    sigwait(&signals_, &signal_number);
    if (is_ending_) return;
    flags_.fetch_or(flag_of(signal_number), std::memory_order_relaxed);
  }
}

bool StopRequest::has_been_terminated() const {
  return (flags_.load(std::memory_order_relaxed) & kStopForTerm) != 0;
}

std::uint32_t StopRequest::take() {
  return flags_.fetch_and(~std::uint32_t{kSaveNow}, std::memory_order_relaxed);
}

}  // namespace tally
