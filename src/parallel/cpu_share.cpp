// SPDX-License-Identifier: MIT
#include "tally/parallel/cpu_share.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <sched.h>

#include "tally/core/processors.hpp"

namespace tally {

int CpuShare::fair() const {
  return std::clamp(host_processors / host_ranks, 1, own_processors);
}

CpuShare cpu_share(const Communicator& communicator) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof(mask), &mask) != 0) CPU_SET(0, &mask);
  std::array<std::uint64_t, sizeof(mask) / sizeof(std::uint64_t)> bits{};
  std::memcpy(bits.data(), &mask, sizeof(mask));
  communicator.any_of_host(bits);
  CpuShare share;
  share.own_processors = usable_processors();
  share.host_processors = 0;
  for (const std::uint64_t word : bits) share.host_processors += std::popcount(word);
  share.host_ranks = communicator.host_size();
  return share;
}

}  // namespace tally
