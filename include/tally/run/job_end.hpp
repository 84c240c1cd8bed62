// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tally {

/// When the batch system ends this job, as the environment tells it.
struct JobTime {
  std::optional<std::int64_t> end;  ///< seconds since 1970; nothing: unknown, or no job
  std::chrono::seconds margin{10};  ///< the least time to keep before it
};

/// Reads TALLY_END_TIME (seconds since 1970, or "none"), else SLURM_JOB_END_TIME, which SLURM sets
/// since 23.02; and TALLY_END_MARGIN (seconds). Throws an Error if those of Tally make no sense.
JobTime job_time();

/// Decides before each step whether there is time for it. What follows must fit before the end: the
/// step and the save that end this run, and, since neither always takes the same time, the same
/// once more. Both are taken to be as slow as the slowest so far. For one rank: the others follow
/// its step flag.
class JobEnd {
 public:
  using Clock = std::chrono::steady_clock;

  /// `now` on both clocks; from there on only the steady one counts.
  JobEnd(const JobTime& time, Clock::time_point now, std::int64_t seconds_since_1970);

  /// To be called before each step, which is how it measures them.
  bool is_near(Clock::time_point now);

  /// A save has taken so long.
  void add_save(Clock::duration duration);

  /// Before the end, as things are now.
  [[nodiscard]] Clock::duration margin() const;

  /// "this job ends in 0:10:00 ...", for people; empty if that is unknown.
  [[nodiscard]] std::string text(Clock::time_point now) const;

 private:
  std::optional<Clock::time_point> end_;
  Clock::duration least_margin_;
  std::optional<Clock::time_point> last_step_;
  Clock::duration saved_since_{};  // the last step
  Clock::duration slowest_step_{};
  Clock::duration slowest_save_{};
};

}  // namespace tally
