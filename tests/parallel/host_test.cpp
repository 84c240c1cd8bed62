// SPDX-License-Identifier: MIT
#include "tally/parallel/host.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "tally/core/thread_team.hpp"

namespace tally {
namespace {

TEST(Host, HasAllRanksThatAreNotKeptApart) {
  const Communicator communicator;
  const Host together(communicator, 2);
  EXPECT_EQ(together.why_not_shared(), "");
  EXPECT_EQ(together.job().host_count(), 1);
  EXPECT_EQ(together.workers(), 2 * communicator.size());
  EXPECT_EQ(together.worker(1), 2 * communicator.rank() + 1);
  EXPECT_EQ(together.is_leader(), communicator.is_root());

  const Host apart(communicator, 2, ReductionKind::kMpi);
  EXPECT_EQ(apart.job().host_count(), communicator.size());
  EXPECT_EQ(apart.workers(), 2);
  EXPECT_TRUE(apart.is_leader());
  EXPECT_EQ(apart.leaders().rank(), communicator.rank());
}

// Every worker writes its number everywhere it may, and reads those of all others.
TEST(Host, WorkersSeeWhatTheOthersWrote) {
  const Communicator communicator;
  const int threads = 1 + communicator.rank() % 2;
  Host host(communicator, threads);
  constexpr std::size_t kLength = 32;
  host.allocate(kLength, 1, 2);
  std::atomic<int> mistakes = 0;
  ThreadTeam(threads).run([&](int thread) {
    const int own = host.worker(thread);
    for (int round = 1; round <= 50; ++round) {
      for (std::size_t i = 0; i < kLength; ++i) {
        host.worker_vector(own, 1)[i] = static_cast<float>(100 * own + round);
      }
      host.post(Host::Board::kFlags, own, static_cast<std::uint64_t>(round));
      host.wait();
      for (int other = 0; other < host.workers(); ++other) {
        if (host.worker_vector(other, 1)[kLength - 1] != static_cast<float>(100 * other + round) ||
            host.posted(Host::Board::kFlags, other) != static_cast<std::uint64_t>(round)) {
          ++mistakes;
        }
      }
      host.wait();
    }
  });
  EXPECT_EQ(mistakes, 0);
  EXPECT_EQ(host.own_vector(0)[0], 0);
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

TEST(Communicator, PretendsHostsForTests) {
  const Communicator pairs(std::vector{0, 0, 1, 1, 2, 2, 3, 3});
  EXPECT_EQ(pairs.host(), pairs.rank() / 2);
  EXPECT_EQ(pairs.host_size(), std::min(2, pairs.size() - pairs.rank() / 2 * 2));

  const Communicator in_turns(std::vector{7, 5});  // ranks are numbered host by host
  const int first_host = (in_turns.size() + 1) / 2;
  EXPECT_EQ(in_turns.host(), in_turns.rank() < first_host ? 0 : 1);
  EXPECT_EQ(in_turns.host_size(), in_turns.host() == 0 ? first_host : in_turns.size() - first_host);
}

}  // namespace
}  // namespace tally
