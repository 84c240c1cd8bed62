// SPDX-License-Identifier: MIT
#include "tally/train/neighbours.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tally {
namespace {

TEST(Neighbours, SeeWhereTheOthersOfTheirHostAre) {
  const Communicator communicator;
  Heartbeat heartbeat;
  heartbeat.at_step(10 + communicator.rank());
  heartbeat.show(Phase::kReduce);
  Neighbours neighbours(communicator, heartbeat);
  neighbours.give_sign_of_life();
  communicator.barrier();
  EXPECT_EQ(neighbours.others(), communicator.size() - 1);
  EXPECT_EQ(neighbours.elsewhere(), 0);
  EXPECT_EQ(neighbours.place(communicator.rank()), communicator.place());
  const std::vector<int> processes = communicator.gather_all(static_cast<int>(::getpid()));
  for (int i = 0; i < neighbours.others(); ++i) {
    const Neighbours::Sight sight = neighbours.see(i);
    EXPECT_EQ(sight.rank, i < communicator.rank() ? i : i + 1);
    EXPECT_EQ(sight.process, processes[sight.rank]);
    EXPECT_EQ(sight.step, 10 + sight.rank);
    EXPECT_EQ(sight.phase, Phase::kReduce);
    EXPECT_EQ(sight.signs_of_life, 1U);
  }
  communicator.barrier();  // until all have seen it
  heartbeat.show(Phase::kSave);
  communicator.barrier();
  for (int i = 0; i < neighbours.others(); ++i) {
    EXPECT_EQ(neighbours.see(i).phase, Phase::kSave);
  }
  communicator.barrier();
}

TEST(Neighbours, LetOneSpeakForAHost) {
  const Communicator communicator;
  Heartbeat heartbeat;
  Neighbours neighbours(communicator, heartbeat);
  EXPECT_EQ(communicator.sum(neighbours.may_speak() ? 1 : 0), 1);
  EXPECT_FALSE(neighbours.may_speak());
  communicator.barrier();
}

TEST(Neighbours, CountThoseOnOtherHosts) {
  const Communicator apart(std::vector{0, 1, 2, 3});
  Heartbeat heartbeat;
  const Neighbours neighbours(apart, heartbeat);
  EXPECT_EQ(neighbours.others(), 0);
  EXPECT_EQ(neighbours.elsewhere(), apart.size() - 1);
  apart.barrier();
}

}  // namespace
}  // namespace tally
