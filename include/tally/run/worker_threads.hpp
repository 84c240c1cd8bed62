// SPDX-License-Identifier: MIT
#pragma once

#include "tally/parallel/cpu_share.hpp"
#include "tally/state/run_config.hpp"

namespace tally {

/// Threads for this rank: as many as were asked for, else its share of the node's cores, but no
/// more than it has micro-batches.
int worker_threads(const AutoCount& asked, const CpuShare& share, std::int64_t micro_batches);

}  // namespace tally
