// SPDX-License-Identifier: MIT
#include "tally/train/watchdog.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <unistd.h>

#include "tally/core/error.hpp"

namespace tally {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kFileTimeout{600};
constexpr std::chrono::milliseconds kPoll{100};
constexpr std::chrono::milliseconds kLongestPoll{1000};

bool uses_files(Phase phase) {
  return phase == Phase::kLoad || phase == Phase::kScatter || phase == Phase::kSave;
}

// Whether a rank waits for no other one.
bool works_alone(Phase phase) {
  return phase == Phase::kForward || phase == Phase::kUpdate;
}

}  // namespace

Watchdog::Watchdog(const Heartbeat& heartbeat, std::string place, std::chrono::seconds timeout,
                   std::chrono::milliseconds delay)
    : heartbeat_(heartbeat), place_(std::move(place)), timeout_(timeout), delay_(delay) {
  if (timeout_ > std::chrono::seconds{0}) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::watch() {
  std::uint64_t last_beats = heartbeat_.beats();
  Clock::time_point last_poll = Clock::now();
  Clock::duration silent{};
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPoll, [this] { return is_ending_; })) {
    // A process that was stopped itself, and continued, has not been silent all the while.
    const Clock::time_point now = Clock::now();
    silent += std::min<Clock::duration>(now - last_poll, kLongestPoll);
    last_poll = now;
    if (heartbeat_.beats() != last_beats) {
      last_beats = heartbeat_.beats();
      silent = {};
    } else if (silent > limit()) {
      end_process(std::chrono::duration_cast<std::chrono::seconds>(silent));
    }
  }
}

std::chrono::milliseconds Watchdog::limit() const {
  return delay_ + (uses_files(heartbeat_.phase()) ? std::max(timeout_, kFileTimeout) : timeout_);
}

void Watchdog::end_process(std::chrono::seconds silent) const {
  const std::string message = fmt::format(
      "tally-train: {}: no progress for {} s at {}; {}. Continue with --resume; if steps really "
      "take so long, raise --stall-timeout\n",
      place_, silent.count(), heartbeat_.text(),
      works_alone(heartbeat_.phase()) ? "it is stuck itself"
                                      : "another rank is frozen or cannot be reached");
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(static_cast<int>(ExitCode::kFailure));
}

}  // namespace tally
