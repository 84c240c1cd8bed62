// SPDX-License-Identifier: MIT
#include "tally/parallel/cpu_share.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <sched.h>

#include "tally/core/thread_team.hpp"

namespace tally {

int CpuShare::fair() const {
  return std::clamp(node_cores / node_ranks, 1, own_cores);
}

CpuShare cpu_share(const Communicator& communicator) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof(mask), &mask) != 0) CPU_SET(0, &mask);
  std::array<std::uint64_t, sizeof(mask) / sizeof(std::uint64_t)> bits{};
  std::memcpy(bits.data(), &mask, sizeof(mask));
  communicator.any_of_node(bits);
  CpuShare share;
  share.own_cores = usable_cores();
  share.node_cores = 0;
  for (const std::uint64_t word : bits) share.node_cores += std::popcount(word);
  share.node_ranks = communicator.node_size();
  return share;
}

}  // namespace tally
