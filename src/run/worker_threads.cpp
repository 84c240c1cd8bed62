// SPDX-License-Identifier: MIT
#include "tally/run/worker_threads.hpp"

#include <algorithm>

namespace tally {

int worker_threads(const AutoCount& asked, const CpuShare& share, std::int64_t micro_batches) {
  if (asked.value != 0) return static_cast<int>(asked.value);
  const std::int64_t useful = std::max<std::int64_t>(1, micro_batches);
  return static_cast<int>(std::min<std::int64_t>(share.fair(), useful));
}

}  // namespace tally
