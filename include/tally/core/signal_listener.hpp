// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

namespace tally {

/// Takes signals on a thread of its own, so that no handler runs on a thread that computes: they
/// are blocked in the thread that makes this and in all that it starts, from then on and even when
/// this is gone, since one that comes at the very end must not change how a program ends. Processes
/// that are forked hear them again. To be made before the threads that compute.
class SignalListener {
 public:
  /// Threads that are there already, which libraries start before main, block nothing. What they
  /// get ends the process, or is passed on by a handler as long as this lives: for one listener at
  /// a time, and where nothing computes on such threads.
  enum class EarlierThreads { kAsBefore, kPassOn };

  /// Calls `hear` on that thread for every signal that comes, one after the other. `signals`, which
  /// must not be none, are taken even if they are ignored.
  SignalListener(std::vector<int> signals, std::function<void(int signal_number)> hear,
                 EarlierThreads earlier = EarlierThreads::kAsBefore);
  ~SignalListener();
  SignalListener(const SignalListener&) = delete;
  SignalListener& operator=(const SignalListener&) = delete;

 private:
  void block() const;
  void handle_elsewhere();
  void listen();

  std::vector<int> signals_;
  sigset_t set_{};  // of them
  std::function<void(int)> hear_;
  std::vector<struct sigaction> previous_;  // of each signal, if it is passed on
  std::atomic<bool> is_ending_ = false;
  std::thread thread_;
};

}  // namespace tally
