// SPDX-License-Identifier: MIT
#include "tally/train/stop_request.hpp"

#include <array>
#include <atomic>
#include <csignal>

#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// The only global: a handler can reach nothing else.
std::atomic<std::uint32_t> requested_flags = 0;
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "used in signal handlers");

constexpr std::array kHandled = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};

std::uint32_t flag_of(int signal_number) {
  switch (signal_number) {
    case SIGUSR1:
      return kSaveNow;
    case SIGUSR2:
      return kStopForUsr2;
    case SIGINT:
      return kStopForInt;
    default:
      return kStopForTerm;
  }
}

extern "C" void note_signal(int signal_number) {
  requested_flags.fetch_or(flag_of(signal_number), std::memory_order_relaxed);
}

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

StopRequest::StopRequest() {
  requested_flags = 0;
  for (const int signal_number : kHandled) handle(signal_number, note_signal);
  handle(SIGPIPE, SIG_IGN);
}

StopRequest::~StopRequest() {
  for (const int signal_number : kHandled) handle(signal_number, SIG_DFL);
}

bool StopRequest::has_been_terminated() {
  return (requested_flags.load(std::memory_order_relaxed) & kStopForTerm) != 0;
}

std::uint32_t StopRequest::take() {
  return requested_flags.fetch_and(~std::uint32_t{kSaveNow}, std::memory_order_relaxed);
}

}  // namespace tally
