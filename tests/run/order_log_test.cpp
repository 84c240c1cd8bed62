// SPDX-License-Identifier: MIT
#include "tally/run/order_log.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace tally {
namespace {

TEST(OrderLog, HasWhatEachRankReportsInTheOrderOfTheRanks) {
  const Communicator communicator;
  const TemporaryDirectory directory;  // of each rank; that of rank 0 is used
  const std::string path = directory.string() + "/order.csv";
  {
    OrderLog log(communicator, path);
    const std::int64_t rank = communicator.rank();
    log.add(1, std::vector<UsedSample>{{rank, 10 * rank}, {rank, 10 * rank + 1}});
    log.add(2, rank == 0 ? std::vector<UsedSample>{{0, 7}} : std::vector<UsedSample>{});
  }
  if (!communicator.is_root()) return;
  std::string expected = "step,rank,shard,sample\n";
  for (int rank = 0; rank < communicator.size(); ++rank) {
    expected += fmt::format("1,{0},{0},{1}\n1,{0},{0},{2}\n", rank, 10 * rank, 10 * rank + 1);
  }
  expected += "2,0,0,7\n";
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), expected);
}

TEST(OrderLog, IsRefusedOnAllRanksIfItCannotBeWritten) {
  const Communicator communicator;
  EXPECT_THROW(OrderLog(communicator, "/no/such/directory/order.csv"), AgreedError);
}

}  // namespace
}  // namespace tally
