// SPDX-License-Identifier: MIT
#include "tally/parallel/gradient_tree.hpp"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "tally/core/thread_team.hpp"

namespace tally {
namespace {

constexpr std::size_t kSize = 16 * 201;  // several blocks, and slices of unequal size
constexpr int kOwnVectors = 1;

// Rows with gaps behind them.
const std::vector<Range> kValues = {
    {0, 1000}, {1008, 1016}, {1024, 2040}, {2048, 3200}, {3200, 3216}};

bool is_value(std::int64_t element) {
  return std::ranges::any_of(
      kValues, [&](Range values) { return element >= values.begin && element < values.end; });
}

float leaf_element(std::int64_t leaf, std::int64_t element) {
  if (!is_value(element)) return 0;
  return static_cast<float>(std::sin(static_cast<double>(leaf * 1000 + element)) *
                            std::pow(10.0, static_cast<double>((leaf + 3) % 7)));
}

// The leaf number `leaf`, made once.
const std::vector<float>& leaf_vector(std::int64_t leaf) {
  static std::map<std::int64_t, std::vector<float>> made;
  std::vector<float>& vector = made[leaf];
  for (auto i = static_cast<std::int64_t>(vector.size()); i < std::int64_t{kSize}; ++i) {
    vector.push_back(leaf_element(leaf, i));
  }
  return vector;
}

// The tree as it is defined, on one process.
std::vector<float> total_by_definition(std::int64_t leaf_count) {
  std::vector<std::vector<float>> level;
  for (std::int64_t leaf = 0; leaf < leaf_count; ++leaf) level.push_back(leaf_vector(leaf));
  while (level.size() > 1) {
    std::vector<std::vector<float>> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) {
      next.push_back(level[i]);
      for (std::size_t j = 0; j < kSize; ++j) next.back()[j] += level[i + 1][j];
    }
    if (level.size() % 2 == 1) next.push_back(level.back());
    level = next;
  }
  return level[0];
}

void put_leaf(const LeafPlace& place, std::int64_t leaf) {
  const std::vector<float>& values = leaf_vector(leaf);
  for (std::size_t i = 0; i < kSize; ++i) {
    const float value = values[i];
    place.vector[i] = place.into == Into::kAdd ? place.vector[i] + value : value;
  }
}

// The host of each rank, the last ones for up to 8; none is all on one.
using Hosts = std::vector<int>;
const std::vector<Hosts> kPlacements = {
    {},
    {0, 1, 2, 3, 4, 5, 6, 7},  // each on its own
    {0, 0, 1, 1, 2, 2, 3, 3},
    {0, 1},  // in turns
    {0, 1, 2},
    {0, 0, 0, 1},  // unequal
    {0, 1, 1, 2, 1, 3, 0, 1},
};

// A job of all ranks of this test, on such hosts, with `threads` each.
struct Job {
  Job(const Hosts& hosts, int threads, ReductionKind reduction = ReductionKind::kTree)
      : communicator(hosts), host(communicator, threads, reduction), team(threads) {}
  Communicator communicator;
  Host host;
  ThreadTeam team;
  AwaitedPeers awaited;

  // In vectors behind one of the caller's.
  GradientTree tree(std::int64_t shards, const std::vector<std::int64_t>& leaf_counts,
                    bool adds_in_place = false, std::vector<Range> values = {},
                    ReductionKind reduction = ReductionKind::kTree) {
    GradientPlans plans(shards, leaf_counts, host.job());
    host.allocate(kSize, kOwnVectors + plans.host_vectors(), plans.worker_vectors());
    return GradientTree(host, std::move(plans),
                        {kOwnVectors, adds_in_place, std::move(values), reduction, awaited});
  }
};

struct StepSum {
  std::vector<float> total;
  std::uint32_t flags = 0;
};

// One step: leaves, sum, and the total in the host's own vector.
StepSum step(const Job& job, GradientTree& tree, std::int64_t leaf_count, std::uint32_t flags) {
  StepSum sum;
  for (std::int64_t leaf = 0; leaf < leaf_count; ++leaf) leaf_vector(leaf);  // not by threads
  tree.begin(leaf_count);
  job.team.run([&](int thread) {
    const Range leaves = tree.leaves_of(thread);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      put_leaf(tree.next_leaf(thread), leaf);
      tree.add_leaf(thread);
    }
    const std::uint32_t all_flags = tree.combine(thread, thread == 0 ? flags : 0);
    if (thread == 0) sum.flags = all_flags;
    const Range slice = tree.slice_of(thread);
    for (auto at = slice.begin; at < slice.end; at += GradientTree::kBlockElements) {
      const Range block{at, std::min(at + GradientTree::kBlockElements, slice.end)};
      const float* values = tree.block_sum(thread, block);
      std::copy(values, values + block.size(), job.host.own_vector(0) + block.begin);
    }
    job.host.wait();
  });
  sum.total.assign(job.host.own_vector(0), job.host.own_vector(0) + kSize);
  return sum;
}

TEST(GradientTree, HasTheBitsOfItsDefinitionForAnyWorkersAndHosts) {
  for (const Hosts& hosts : kPlacements) {
    for (int threads = 1; threads <= 3; ++threads) {
      Job job(hosts, threads);
      if (threads > 1 && job.communicator.size() > 4) continue;  // more of the same, and slow
      for (std::int64_t shards = 1; shards <= 17; ++shards) {
        GradientTree tree = job.tree(shards, {shards, (shards + 1) / 2}, shards % 3 != 0, kValues);
        for (const std::int64_t leaf_count : {shards, (shards + 1) / 2, shards}) {
          ASSERT_EQ(step(job, tree, leaf_count, 0).total, total_by_definition(leaf_count))
              << shards << " shards, " << leaf_count << " leaves, " << threads
              << " threads on hosts " << testing::PrintToString(hosts);
        }
      }
    }
  }
}

TEST(GradientTree, FlagsAreOredOverAllRanks) {
  for (const Hosts& hosts : {Hosts{}, Hosts{0, 0, 1, 1}}) {
    for (const ReductionKind reduction : {ReductionKind::kTree, ReductionKind::kMpi}) {
      Job job(hosts, 2);
      GradientTree tree = job.tree(5, {5}, false, {}, reduction);
      EXPECT_EQ(step(job, tree, 5, 1U << job.communicator.rank()).flags,
                (1U << job.communicator.size()) - 1);
      EXPECT_EQ(step(job, tree, 5, 0).flags, 0U);
    }
  }
}

TEST(GradientTree, MpiSumIsRightToWithinRounding) {
  Job job({}, 2, ReductionKind::kMpi);
  GradientTree tree = job.tree(13, {13}, false, {}, ReductionKind::kMpi);
  const std::vector<float> total = step(job, tree, 13, 0).total;
  const std::vector<float> expected = total_by_definition(13);
  for (std::size_t i = 0; i < kSize; ++i) {
    ASSERT_NEAR(total[i], expected[i], 1.0) << i;  // of terms up to 10^6
  }
}

// The second of two leaves is added to the first as it is made, which saves a pass over memory.
TEST(GradientTree, AddsEverySecondLeafInPlaceIfItMay) {
  for (const bool adds_in_place : {true, false}) {
    Job job({}, 1);
    const std::int64_t shards = 8 * job.communicator.size();
    GradientTree tree = job.tree(shards, {shards}, adds_in_place);
    tree.begin(shards);
    int in_place = 0;
    const Range leaves = tree.leaves_of(0);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      if (tree.next_leaf(0).into == Into::kAdd) ++in_place;
      tree.add_leaf(0);
    }
    EXPECT_EQ(leaves.size(), 8);
    EXPECT_EQ(in_place, adds_in_place ? 4 : 0);
  }
}

TEST(GradientTree, GivesAlignedVectors) {
  Job job({}, 3);
  GradientTree tree = job.tree(5, {5});
  tree.begin(5);
  for (int thread = 0; thread < 3; ++thread) {
    if (tree.leaves_of(thread).is_empty()) continue;
    const auto address = reinterpret_cast<std::uintptr_t>(tree.next_leaf(thread).vector);
    EXPECT_EQ(address % kAlignmentBytes, 0U);
  }
}

}  // namespace
}  // namespace tally
