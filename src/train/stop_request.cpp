// SPDX-License-Identifier: MIT
#include "tally/train/stop_request.hpp"

#include <csignal>
#include <cstddef>
#include <iterator>
#include <vector>

#include <sys/syscall.h>
#include <unistd.h>

#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

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

// Of these, what whoever started the process had ignored. It must be seen before the constructors
// of libraries run: UCX, which some MPI libraries load, puts a handler for HUP in its place.
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

std::vector<int> taken_signals() {
  ignore_as_at_start();
  std::vector<int> taken;
  for (const int signal_number : {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP}) {
    if (!is_left_ignored(signal_number)) taken.push_back(signal_number);
  }
  return taken;
}

}  // namespace

void ignore_as_at_start() {
  for (std::size_t i = 0; i < std::size(kIgnorable); ++i) {
    if (was_ignored[i]) std::signal(kIgnorable[i], SIG_IGN);
  }
}

StopRequest::StopRequest()
    : listener_(taken_signals(), [this](int signal_number) {
        flags_.fetch_or(flag_of(signal_number), std::memory_order_relaxed);
      }) {
  for (const int ignored : {SIGPIPE, SIGXFSZ}) std::signal(ignored, SIG_IGN);
}

bool StopRequest::has_been_terminated() const {
  return (flags_.load(std::memory_order_relaxed) & kStopForTerm) != 0;
}

std::uint32_t StopRequest::take() {
  return flags_.fetch_and(~std::uint32_t{kSaveNow}, std::memory_order_relaxed);
}

}  // namespace tally
