// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/parallel/cpu_share.hpp"
#include "tally/state/run_config.hpp"

namespace tally {

/// Threads for this rank: as many as were asked for, else its share of the node's cores, but no
/// more than it has micro-batches. Throws an Error with the remedy if more are asked for than the
/// rank may use cores, unless `oversubscribe` says that this is meant.
int worker_threads(const AutoCount& asked, const CpuShare& share, std::int64_t micro_batches,
                   bool oversubscribe);

/// What to say of a job with more workers than micro-batches; empty if there is nothing to say.
std::string idle_workers_warning(std::int64_t workers, const RunConfig& config);

/// What to say of a node with more threads than cores, whose barriers `spins_at_barriers` (the wait
/// policy of OpenMP is not passive): they keep the cores from the threads that they wait for. Empty
/// if there is nothing to say.
std::string crowding_warning(int threads, const CpuShare& share, bool spins_at_barriers);

/// Whether the environment leaves OpenMP's threads spinning while they wait (OMP_WAIT_POLICY).
bool spins_at_barriers();

}  // namespace tally
