// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/parallel/cpu_share.hpp"
#include "tally/state/run_config.hpp"

namespace tally {

/// Threads for this rank: as many as were asked for, else its share of the node's cores, but no
/// more than it has micro-batches. Throws an Error with the remedy if more are asked for than the
/// rank may use cores.
int worker_threads(const AutoCount& asked, const CpuShare& share, std::int64_t micro_batches);

/// What to say of a job with more workers than micro-batches; empty if there is nothing to say.
std::string idle_workers_warning(std::int64_t workers, const RunConfig& config);

}  // namespace tally
