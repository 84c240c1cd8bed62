// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace tally {

/// What the time of a training goes into, as --profile tells it.
///   input     bytes to numbers            reduce    sums of gradients, over threads, ranks, hosts
///   forward   forward pass and loss       update    parameters and velocity
///   backward  backward pass               wait      for other workers
///   evaluate, save                        other     everything else
/// Steps that are taken row by row count as update, since they do all of it at once.
enum class Activity {
  kInput,
  kForward,
  kBackward,
  kReduce,
  kUpdate,
  kWait,
  kEvaluate,
  kSave,
  kOther
};

inline constexpr std::array<std::string_view, 9> kActivityNames = {
    "input", "forward", "backward", "reduce", "update", "wait", "evaluate", "save", "other"};

using ActivitySeconds = std::array<double, kActivityNames.size()>;

/// Divides the time of one thread among activities: all time since the last lap goes to the one
/// that the next lap names, so that nothing is left out. It costs nothing until it is started.
class Stopwatch {
 public:
  using Clock = std::chrono::steady_clock;

  void start() {
    is_running_ = true;
    last_ = Clock::now();
  }
  [[nodiscard]] bool is_running() const { return is_running_; }

  void lap(Activity activity) {
    if (!is_running_) return;
    const Clock::time_point now = Clock::now();
    seconds_[static_cast<std::size_t>(activity)] +=
        std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

  /// The same for two activities that took turns: `share` of the time goes to the first.
  void lap(Activity first, double share, Activity second) {
    if (!is_running_) return;
    auto& seconds = seconds_[static_cast<std::size_t>(second)];
    const double before = seconds;
    lap(second);
    const double moved = share * (seconds - before);
    seconds -= moved;
    seconds_[static_cast<std::size_t>(first)] += moved;
  }

  [[nodiscard]] const ActivitySeconds& seconds() const { return seconds_; }

 private:
  bool is_running_ = false;
  Clock::time_point last_;
  ActivitySeconds seconds_{};
};

}  // namespace tally
