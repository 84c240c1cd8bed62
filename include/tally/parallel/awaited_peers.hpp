// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

namespace tally {

/// The ranks that this one waits for at the moment, as far as it knows: for the words of a
/// watchdog. Written by the thread that waits, read by any.
class AwaitedPeers {
 public:
  /// Those beyond kMost are left out.
  void add(int rank) { replace(kNobody, rank); }
  void remove(int rank) { replace(rank, kNobody); }

  [[nodiscard]] std::vector<int> ranks() const {
    std::vector<int> awaited;
    for (const auto& place : places_) {
      const int rank = place.load(std::memory_order_relaxed) - 1;
      if (rank >= 0) awaited.push_back(rank);
    }
    std::ranges::sort(awaited);
    return awaited;
  }

 private:
  static constexpr int kNobody = -1;
  static constexpr std::size_t kMost = 4;  // one round of an exchange waits for no more

  void replace(int rank, int by) {
    for (auto& place : places_) {
      if (place.load(std::memory_order_relaxed) != rank + 1) continue;
      place.store(by + 1, std::memory_order_relaxed);
      return;
    }
  }

  std::array<std::atomic<int>, kMost> places_{};  // rank + 1, or 0
};

}  // namespace tally
