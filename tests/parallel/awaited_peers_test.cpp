// SPDX-License-Identifier: MIT
#include "tally/parallel/awaited_peers.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

using Ranks = std::vector<int>;

TEST(AwaitedPeers, AreSortedAndGoWhenTheyHaveAnswered) {
  AwaitedPeers peers;
  EXPECT_EQ(peers.ranks(), Ranks{});
  peers.add(7);
  peers.add(0);
  EXPECT_EQ(peers.ranks(), (Ranks{0, 7}));
  peers.remove(7);
  peers.remove(5);  // nobody awaits it
  EXPECT_EQ(peers.ranks(), Ranks{0});
  peers.remove(0);
  EXPECT_EQ(peers.ranks(), Ranks{});
}

TEST(AwaitedPeers, LeaveOutThoseForWhomThereIsNoRoom) {
  AwaitedPeers peers;
  for (int rank = 0; rank < 9; ++rank) peers.add(rank);
  EXPECT_EQ(peers.ranks(), (Ranks{0, 1, 2, 3}));
  peers.remove(8);
  peers.remove(2);
  peers.add(9);
  EXPECT_EQ(peers.ranks(), (Ranks{0, 1, 3, 9}));
}

}  // namespace
}  // namespace tally
