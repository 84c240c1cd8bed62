// SPDX-License-Identifier: MIT
#include "tally/parallel/node.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "tally/core/thread_team.hpp"

namespace tally {
namespace {

TEST(Node, RanksOfAHostAreOneNodeUnlessTheyAreKeptApart) {
  const Communicator communicator;
  const Node together(communicator, 2);
  EXPECT_EQ(together.why_not_shared(), "");
  EXPECT_EQ(together.job().node_count(), 1);
  EXPECT_EQ(together.workers(), 2 * communicator.size());
  EXPECT_EQ(together.worker(1), 2 * communicator.rank() + 1);
  EXPECT_EQ(together.is_leader(), communicator.is_root());

  const Node apart(communicator, 2, ReductionKind::kMpi);
  EXPECT_EQ(apart.job().node_count(), communicator.size());
  EXPECT_EQ(apart.workers(), 2);
  EXPECT_TRUE(apart.is_leader());
  EXPECT_EQ(apart.leaders().rank(), communicator.rank());
}

// Every worker writes its number everywhere it may, and reads those of all others.
TEST(Node, WorkersSeeWhatTheOthersWrote) {
  const Communicator communicator;
  const int threads = 1 + communicator.rank() % 2;
  Node node(communicator, threads);
  constexpr std::size_t kLength = 32;
  node.allocate(kLength, 1, 2);
  std::atomic<int> mistakes = 0;
  ThreadTeam(threads).run([&](int thread) {
    const int own = node.worker(thread);
    for (int round = 1; round <= 50; ++round) {
      for (std::size_t i = 0; i < kLength; ++i) {
        node.worker_vector(own, 1)[i] = static_cast<float>(100 * own + round);
      }
      node.post(Node::Board::kFlags, own, static_cast<std::uint64_t>(round));
      node.wait();
      for (int other = 0; other < node.workers(); ++other) {
        if (node.worker_vector(other, 1)[kLength - 1] != static_cast<float>(100 * other + round) ||
            node.posted(Node::Board::kFlags, other) != static_cast<std::uint64_t>(round)) {
          ++mistakes;
        }
      }
      node.wait();
    }
  });
  EXPECT_EQ(mistakes, 0);
  EXPECT_EQ(node.node_vector(0)[0], 0);
}

// Where processes may not look into each other's open files, or memory is short.
TEST(SharedMemory, ThatIsNotToBeHadIsAnErrorOnEveryRank) {
  const Communicator communicator;
  const auto members = communicator.split(0);
  const auto error = error_of([&] { SharedMemory memory(*members, std::size_t{1} << 63); });
  ASSERT_TRUE(error.has_value());
  EXPECT_THAT(error->what(), testing::StartsWith("shared memory: "));
}

TEST(Barrier, LetsGoOfThoseWhoWaitForAWorkerThatFailed) {
  Barrier::State state;
  const Barrier barrier(state, 2, true);
  EXPECT_THROW(ThreadTeam(2).run([&](int thread) {
    if (thread == 1) {
      barrier.break_up();
    } else {
      barrier.wait();
    }
  }),
               PeerFailed);
}

TEST(Communicator, PretendsNodesForTests) {
  const Communicator pairs(std::vector{0, 0, 1, 1, 2, 2, 3, 3});
  EXPECT_EQ(pairs.node(), pairs.rank() / 2);
  EXPECT_EQ(pairs.node_size(), std::min(2, pairs.size() - pairs.rank() / 2 * 2));

  const Communicator in_turns(std::vector{7, 5});  // ranks are numbered node by node
  const int first_node = (in_turns.size() + 1) / 2;
  EXPECT_EQ(in_turns.node(), in_turns.rank() < first_node ? 0 : 1);
  EXPECT_EQ(in_turns.node_size(), in_turns.node() == 0 ? first_node : in_turns.size() - first_node);
}

}  // namespace
}  // namespace tally
