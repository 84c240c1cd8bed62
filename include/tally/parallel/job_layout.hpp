// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/core/range.hpp"

namespace tally {

/// The shape of the job: ranks are numbered host by host.
struct JobLayout {
  std::vector<int> threads = {1};  ///< of each rank
  std::vector<int> hosts = {0};    ///< of each rank, ascending from 0
  int rank = 0;

  [[nodiscard]] int ranks() const { return std::ssize(threads); }
  [[nodiscard]] int host() const { return hosts[rank]; }
  [[nodiscard]] int host_count() const { return hosts.back() + 1; }
  /// The ranks of host `host`.
  [[nodiscard]] Range ranks_of(int host) const;
  /// The first rank of each host.
  [[nodiscard]] std::vector<int> leaders() const;
  /// The workers of host `host`.
  [[nodiscard]] int workers_of(int host) const;
  /// The number of this rank's first thread among the workers of its host.
  [[nodiscard]] int first_worker() const;
};

/// The leaves, or logical shards, of rank `rank`: contiguous ranges of nearly equal size.
Range leaves_of_rank(std::int64_t shards, std::int64_t ranks, std::int64_t rank);

}  // namespace tally
