// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host_state.hpp"
#include "tally/train/trainer.hpp"

// Private to layer train: how a step of SGD is computed. There are two ways, with other bits and
// other speeds: leaves and a tree (tree_step.hpp), and row by row on very few samples
// (small_batch_step.hpp).
namespace tally {

/// Which step is taken; the same on all ranks.
struct OpenStep {
  std::int64_t epoch = -1;      ///< none before the first step
  std::int64_t epoch_step = 0;  ///< within the epoch
  std::int64_t samples = 0;
  double learning_rate = 0;
};

/// No element of a vector.
inline constexpr std::size_t kNoElement = std::numeric_limits<std::size_t>::max();

/// What the ways to take a step share with the trainer, which owns it.
struct StepContext {
  StepContext(const TrainerParts& of, const TrainerOptions& with, Host& on, HostState& trained)
      : parts(of), options(with), host(on), state(trained), threads(of.team.size()) {}

  TrainerParts parts;
  TrainerOptions options;
  Host& host;
  HostState& state;

  struct Thread {
    Stopwatch stopwatch;
    Phase phase = Phase::kForward;  ///< that it is at
    std::optional<Error> error;     ///< of its part of the step
  };
  std::vector<Thread> threads;  ///< of this rank

  OpenStep open;

  /// Moves a thread on to `phase`; a fault that is meant for there strikes.
  void enter(Phase phase, int thread) {
    at(thread).phase = phase;
    parts.heartbeat.enter(phase, thread);
  }
  void spoil(Phase phase, int thread, Real& value) const {
    parts.heartbeat.spoil(phase, thread, value);
  }
  /// Waits for the other workers of the host, which belongs to the summing.
  void await_others(int thread) {
    at(thread).phase = Phase::kReduce;
    if (thread == 0) parts.heartbeat.show(Phase::kReduce);
    host.wait();
    lap(Activity::kWait, thread);
  }
  void lap(Activity activity, int thread) { at(thread).stopwatch.lap(activity); }
  [[nodiscard]] Thread& at(int thread) { return threads[thread]; }

  /// Shows all workers of the host the first element of the sum that is not finite, or kNoElement.
  void post_bad_element(int thread, std::size_t element) const {
    host.post(Host::Board::kBadElement, host.worker(thread), element);
  }
  /// After all have waited for each other: the first that any of them has shown.
  [[nodiscard]] std::size_t first_bad_element() const {
    std::size_t first = kNoElement;
    for (int worker = 0; worker < host.workers(); ++worker) {
      first = std::min<std::size_t>(first, host.posted(Host::Board::kBadElement, worker));
    }
    return first;
  }
};

class BatchStep {
 public:
  virtual ~BatchStep() = default;

  /// Before the threads begin with context.open.
  virtual void begin() = 0;

  /// Computes and updates. Returns the flags of all workers, or-ed. What fails on one worker is
  /// left in its context and shows as kRankFailed. Collective: every thread of every rank must
  /// call.
  virtual std::uint32_t take(int thread, std::uint32_t flags) = 0;

  /// Brings parameters and velocity to all hosts. Collective: every rank must call.
  virtual void synchronize() {}

  /// What each thread made of the step.
  struct Work {
    std::span<const UsedSample> samples;
    std::span<const double> losses;  ///< of these
  };
  [[nodiscard]] virtual std::vector<Work> work() const = 0;

  /// What checkpoints record as the kernel backend.
  [[nodiscard]] virtual std::string backend() const = 0;
};

}  // namespace tally
