// SPDX-License-Identifier: MIT
#include "tally/parallel/reduction_plan.hpp"

#include <algorithm>
#include <cassert>

namespace tally {
namespace {

// What a thread leaves over, and the most buffers it needs on the way: one per waiting node and one
// for the leaf that is being computed.
struct ThreadRun {
  std::vector<SummationStack::Entry> left_over;
  std::int64_t slots = 0;
};

ThreadRun run_of_thread(std::int64_t leaf_count, Range leaves) {
  ThreadRun run;
  SummationStack stack(leaf_count);
  for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
    const auto waiting = static_cast<std::int64_t>(stack.entries().size());
    run.slots = std::max(run.slots, waiting + 1);
    stack.push({0, leaf}, waiting, [](Addition) {});
  }
  run.left_over = stack.entries();
  return run;
}

}  // namespace

Range leaves_of_rank(std::int64_t shards, int ranks, int rank) {
  return part_of({0, shards}, ranks, rank);
}

ReductionPlan::ReductionPlan(std::int64_t shards, std::int64_t leaves, const Workers& workers)
    : leaf_count(leaves) {
  const Range own = clipped(leaves_of_rank(shards, workers.ranks, workers.rank), leaf_count);
  std::vector<TreeNode> own_nodes;
  for (int thread = 0; thread < workers.threads; ++thread) {
    thread_leaves.push_back(part_of(own, workers.threads, thread));
    const ThreadRun run = run_of_thread(leaf_count, thread_leaves.back());
    slots_per_thread = std::max(slots_per_thread, run.slots);
    for (const auto& entry : run.left_over) {
      own_nodes.push_back(entry.node);
      thread_partials.push_back({thread, entry.slot});
    }
  }
  const MergePlan own_merge = plan_merge(leaf_count, own_nodes);
  thread_additions = own_merge.additions;
  for (const auto& entry : own_merge.remaining) rank_partials.push_back(entry.slot);

  std::vector<TreeNode> all_nodes;
  for (int rank = 0; rank < workers.ranks; ++rank) {
    const auto nodes = canonical_nodes(
        leaf_count, clipped(leaves_of_rank(shards, workers.ranks, rank), leaf_count));
    partial_counts.push_back(static_cast<std::int64_t>(nodes.size()));
    all_nodes.insert(all_nodes.end(), nodes.begin(), nodes.end());
  }
  const MergePlan all_merge = plan_merge(leaf_count, all_nodes);
  rank_additions = all_merge.additions;
  assert(all_merge.remaining.size() == 1);
  total_slot = all_merge.remaining.front().slot;
}

}  // namespace tally
