// SPDX-License-Identifier: MIT
#include "tally/parallel/reduction_plan.hpp"

#include <algorithm>

namespace tally {
namespace {

// What a worker leaves over, and the most vectors it needs on the way: one per waiting subtree and
// one for the leaf that is being computed.
struct WorkerRun {
  std::vector<SummationStack::Entry> left_over;
  std::int64_t slots = 0;
};

WorkerRun run_of_worker(std::int64_t leaf_count, Range leaves) {
  WorkerRun run;
  SummationStack stack(leaf_count);
  for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
    const std::int64_t waiting = std::ssize(stack.entries());
    run.slots = std::max(run.slots, waiting + 1);
    stack.push({0, leaf}, waiting, [](Addition) {});
  }
  run.left_over = stack.entries();
  return run;
}

// The leaves of a host's ranks that exist at this step: one contiguous range.
Range leaves_of_host(std::int64_t shards, std::int64_t leaf_count, const JobLayout& job, int host) {
  const Range ranks = job.ranks_of(host);
  const Range first = leaves_of_rank(shards, job.ranks(), ranks.begin);
  const Range last = leaves_of_rank(shards, job.ranks(), ranks.end - 1);
  return clipped({first.begin, last.end}, leaf_count);
}

}  // namespace

ReductionPlan::ReductionPlan(std::int64_t shards, std::int64_t leaves, const JobLayout& job)
    : leaf_count(leaves) {
  std::vector<Subtree> own_sums;
  const Range own_ranks = job.ranks_of(job.host());
  for (std::int64_t rank = own_ranks.begin; rank < own_ranks.end; ++rank) {
    const Range rank_leaves = clipped(leaves_of_rank(shards, job.ranks(), rank), leaf_count);
    const int threads = job.threads[rank];
    for (int thread = 0; thread < threads; ++thread) {
      const int worker = std::ssize(worker_leaves);
      worker_leaves.push_back(part_of(rank_leaves, threads, thread));
      const WorkerRun run = run_of_worker(leaf_count, worker_leaves.back());
      slots_per_worker = std::max(slots_per_worker, run.slots);
      for (const auto& entry : run.left_over) {
        own_sums.push_back(entry.subtree);
        worker_partials.push_back({worker, entry.slot});
      }
    }
  }
  const MergePlan own_merge = plan_merge(leaf_count, own_sums);
  worker_additions = own_merge.additions;
  for (const auto& entry : own_merge.remaining) host_partials.push_back(entry.slot);

  for (int host = 0; host < job.host_count(); ++host) {
    host_leaves.push_back(leaves_of_host(shards, leaf_count, job, host));
  }
}

}  // namespace tally
