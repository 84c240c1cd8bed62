// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/core/range.hpp"
#include "tally/core/summation_tree.hpp"
#include "tally/parallel/job_layout.hpp"

// Who sums what in a step of a given number of leaves: the arithmetic of the summation tree cut
// into what each worker, each host and all hosts together add. A pure function of its arguments,
// made once, so that a step allocates nothing.
//
// A worker is a thread of a rank. Leaves are dealt out in contiguous ranges to ranks, and a rank's
// range to its threads. Each worker adds its leaves as they come; the workers of a host share
// memory and add what they left over; and what the hosts left over is added to the one total. All
// three follow the same tree.
namespace tally {

struct ReductionPlan {
  /// `shards` leaves are dealt out; the first `leaf_count` of them exist at this step.
  ReductionPlan(std::int64_t shards, std::int64_t leaf_count, const JobLayout& job);

  std::int64_t leaf_count;

  // This host.
  std::vector<Range> worker_leaves;
  struct WorkerPartial {
    int worker = 0;
    std::int64_t slot = 0;  ///< of the worker's vectors
  };
  std::vector<WorkerPartial> worker_partials;  ///< what the workers leave over, left to right
  std::vector<Addition> worker_additions;      ///< slots are positions in worker_partials
  std::vector<std::int64_t> host_partials;     ///< positions that remain: the host's partial sums
  std::int64_t slots_per_worker = 0;           ///< vectors that a worker needs

  std::vector<Range> host_leaves;  ///< of each host: what ExchangePlan adds up
};

}  // namespace tally
