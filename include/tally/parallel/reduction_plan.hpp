// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/core/range.hpp"
#include "tally/core/summation_tree.hpp"

// Who sums what in a step of a given number of leaves: the arithmetic of the summation tree cut
// into what each thread, each rank and all ranks together add. A pure function of its arguments,
// made once, so that a step allocates nothing.
//
// Leaves are dealt out in contiguous ranges to ranks, and a rank's range to its threads. Each
// thread adds its leaves as they come (SummationStack); the rank adds what its threads left over;
// and what the ranks left over is added to the one total. All three follow the same tree.
namespace tally {

/// The shape of the job.
struct Workers {
  int ranks = 1;
  int rank = 0;
  int threads = 1;  ///< of this rank
};

/// The leaves, or logical shards, of rank `rank`: contiguous ranges of nearly equal size.
Range leaves_of_rank(std::int64_t shards, int ranks, int rank);

struct ReductionPlan {
  /// `shards` leaves are dealt out; the first `leaf_count` of them exist at this step.
  ReductionPlan(std::int64_t shards, std::int64_t leaf_count, const Workers& workers);

  std::int64_t leaf_count;

  // This rank.
  std::vector<Range> thread_leaves;
  struct ThreadPartial {
    int thread = 0;
    std::int64_t slot = 0;  ///< of the thread's buffers
  };
  std::vector<ThreadPartial> thread_partials;  ///< what the threads leave over, left to right
  std::vector<Addition> thread_additions;      ///< slots are positions in thread_partials
  std::vector<std::int64_t> rank_partials;     ///< positions that remain: the rank's partial sums
  std::int64_t slots_per_thread = 0;           ///< buffers that a thread needs

  // All ranks.
  std::vector<std::int64_t> partial_counts;  ///< of each rank
  std::vector<Addition> rank_additions;      ///< slots number the partials of all ranks in order
  std::int64_t total_slot = 0;               ///< where the total is after that
};

}  // namespace tally
