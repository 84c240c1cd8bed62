// SPDX-License-Identifier: MIT
// Why no handler: oneDNN's kernels for AVX2 keep the stack pointer in a buffer on the heap while
// they compute. The kernel of the system would push the frame of a handler there, over the heap
// below. SA_ONSTACK does not help: the alternate stack is one thread's, and any thread may get a
// signal.
#include "tally/core/signal_listener.hpp"

#include <utility>

#include <pthread.h>

namespace tally {
namespace {

std::atomic<pthread_t> passed_on_to;
static_assert(std::atomic<pthread_t>::is_always_lock_free);

extern "C" void pass_on(int signal_number) {
  pthread_kill(passed_on_to, signal_number);
}

// Open MPI forks a daemon beside a rank that was started alone. What is blocked is inherited, and
// that daemon would not hear that it is to end.
sigset_t unblocked_in_child;

void unblock_in_child() {
  sigprocmask(SIG_UNBLOCK, &unblocked_in_child, nullptr);
}

}  // namespace

SignalListener::SignalListener(std::vector<int> signals, std::function<void(int)> hear,
                               EarlierThreads earlier)
    : signals_(std::move(signals)), hear_(std::move(hear)) {
  sigemptyset(&set_);
  for (const int signal_number : signals_) sigaddset(&set_, signal_number);
  block();
  thread_ = std::thread([this] { listen(); });
  if (earlier == EarlierThreads::kPassOn) handle_elsewhere();
}

SignalListener::~SignalListener() {
  is_ending_ = true;
  for (std::size_t i = 0; i < previous_.size(); ++i) sigaction(signals_[i], &previous_[i], nullptr);
  pthread_kill(thread_.native_handle(), signals_.front());  // to it alone, which then ends
  thread_.join();
}

// What was blocked before the first listener is nobody's business in a child either.
void SignalListener::block() const {
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &set_, &before);
  static const bool is_first = [&] {
    sigemptyset(&unblocked_in_child);
    for (const int signal_number : signals_) {
      if (sigismember(&before, signal_number) == 0) sigaddset(&unblocked_in_child, signal_number);
    }
    return pthread_atfork(nullptr, nullptr, unblock_in_child) == 0;
  }();
  static_cast<void>(is_first);
}

void SignalListener::handle_elsewhere() {
  passed_on_to = thread_.native_handle();
  struct sigaction action {};
  action.sa_handler = pass_on;
  action.sa_flags = SA_RESTART;
  for (const int signal_number : signals_) {
    sigaction(signal_number, &action, &previous_.emplace_back());
  }
}

void SignalListener::listen() {
  while (true) {
    int signal_number = 0;
    sigwait(&set_, &signal_number);
    if (is_ending_) return;
    hear_(signal_number);
  }
}

}  // namespace tally
