// SPDX-License-Identifier: MIT
#include "tally/parallel/host_exchange.hpp"

#include <bit>

#include <gtest/gtest.h>

#include "parallel/leaf_values.hpp"
#include "parallel/sent_elements.hpp"

namespace tally {
namespace {

constexpr std::size_t kVectorSize = 84'064;

// Each rank a host of its own, with one leaf.
class HostExchangeTest : public testing::Test {
 protected:
  HostExchangeTest() {
    JobLayout job{{}, {}, communicator_.rank()};
    for (int rank = 0; rank < communicator_.size(); ++rank) {
      job.threads.push_back(1);
      job.hosts.push_back(rank);
    }
    ranks_ = job.leaders();
    plans_.emplace_back(communicator_.size(), communicator_.size(), job);
  }

  Communicator communicator_;
  std::vector<int> ranks_;
  std::vector<ReductionPlan> plans_;
  AwaitedPeers awaited_;
  AlignedArray<float> leaf_ = AlignedArray<float>(kVectorSize);
  AlignedArray<float> total_ = AlignedArray<float>(kVectorSize);
};

TEST_F(HostExchangeTest, SumsAgainAndAgainAndSendsNoMoreThanItMust) {
  TreeExchange exchange({communicator_, ranks_, awaited_}, plans_, {{leaf_.data()}, total_});
  const std::vector<float> expected(kVectorSize, sum_by_definition(communicator_.size()));
  for (std::uint32_t step = 0; step < 20; ++step) {
    std::ranges::fill(leaf_, leaf_value(communicator_.rank()));
    EXPECT_EQ(exchange.sum(plans_[0], step << communicator_.rank()),
              communicator_.any_of(step << communicator_.rank()));
    EXPECT_TRUE(std::ranges::equal(total_, expected));
    EXPECT_EQ(awaited_.ranks(), std::vector<int>{});
  }

  const std::int64_t hosts = communicator_.size();
  const ReductionPlan& plan = plans_[0];
  const std::int64_t sent = sent_elements(
      ExchangePlan({plan.leaf_count, plan.host_leaves, kVectorSize}, communicator_.rank()));
  const std::int64_t optimal = 2 * (hosts - 1) * std::int64_t{kVectorSize} / hosts;
  const std::vector<std::int64_t> all = communicator_.gather_all(std::span(&sent, 1));
  if (communicator_.is_root() && hosts > 1) {
    std::printf("%d hosts: most values sent in a step %.3f of those of an optimal all-reduce\n",
                static_cast<int>(hosts),
                static_cast<double>(std::ranges::max(all)) / static_cast<double>(optimal));
  }
  if (std::has_single_bit(static_cast<std::uint64_t>(hosts))) {
    EXPECT_LE(10 * sent, 11 * optimal);
  }
}

TEST(AwaitedPeers, AreThoseThatHaveNotComeYet) {
  AwaitedPeers awaited;
  awaited.add(7);
  awaited.add(0);
  EXPECT_EQ(awaited.ranks(), (std::vector<int>{0, 7}));
  awaited.remove(7);
  EXPECT_EQ(awaited.ranks(), std::vector<int>{0});
}

}  // namespace
}  // namespace tally
