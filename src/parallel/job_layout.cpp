// SPDX-License-Identifier: MIT
#include "tally/parallel/job_layout.hpp"

#include <algorithm>
#include <numeric>

namespace tally {

Range JobLayout::ranks_of(int host) const {
  const auto [begin, end] = std::equal_range(hosts.begin(), hosts.end(), host);
  return {begin - hosts.begin(), end - hosts.begin()};
}

std::vector<int> JobLayout::leaders() const {
  std::vector<int> ranks;
  for (int host = 0; host < host_count(); ++host) {
    ranks.push_back(ranks_of(host).begin);
  }
  return ranks;
}

int JobLayout::workers_of(int host) const {
  const Range ranks = ranks_of(host);
  return std::accumulate(threads.begin() + ranks.begin, threads.begin() + ranks.end, 0);
}

int JobLayout::first_worker() const {
  return std::accumulate(threads.begin() + ranks_of(host()).begin, threads.begin() + rank, 0);
}

Range leaves_of_rank(std::int64_t shards, std::int64_t ranks, std::int64_t rank) {
  return part_of({0, shards}, ranks, rank);
}

}  // namespace tally
