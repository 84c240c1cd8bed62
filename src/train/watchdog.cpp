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

bool uses_files(Phase phase) {
  return phase == Phase::kLoad || phase == Phase::kScatter || phase == Phase::kSave;
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
  Clock::time_point last_progress = Clock::now();
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPoll, [this] { return is_ending_; })) {
    const Clock::time_point now = Clock::now();
    if (heartbeat_.beats() != last_beats) {
      last_beats = heartbeat_.beats();
      last_progress = now;
    } else if (now - last_progress > limit()) {
      end_process(std::chrono::duration_cast<std::chrono::seconds>(now - last_progress));
    }
  }
}

std::chrono::milliseconds Watchdog::limit() const {
  return delay_ + (uses_files(heartbeat_.phase()) ? std::max(timeout_, kFileTimeout) : timeout_);
}

void Watchdog::end_process(std::chrono::seconds silent) const {
  const std::string message = fmt::format(
      "tally-train: {}: no progress for {} s at {}; another rank is frozen or cannot be reached. "
      "Continue with --resume; if steps really take so long, raise --stall-timeout\n",
      place_, silent.count(), heartbeat_.text());
  // Nothing but system calls: any lock may be held by a thread that is stuck.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(static_cast<int>(ExitCode::kFailure));
}

}  // namespace tally
