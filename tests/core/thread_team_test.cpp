// SPDX-License-Identifier: MIT
#include "tally/core/thread_team.hpp"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <omp.h>

namespace tally {
namespace {

TEST(ThreadTeam, CallsEveryMemberOnce) {
  for (int size = 1; size <= 5; ++size) {
    std::vector<int> calls(static_cast<std::size_t>(size), 0);
    ThreadTeam(size).run([&](int member) { ++calls[static_cast<std::size_t>(member)]; });
    EXPECT_EQ(calls, std::vector<int>(static_cast<std::size_t>(size), 1));
  }
}

TEST(ThreadTeam, CallsEveryMemberWhenOpenMPGrantsFewerThreads) {
  std::atomic<int> calls = 0;
#pragma omp parallel num_threads(1)
  {
    omp_set_max_active_levels(1);  // a nested region gets one thread
    ThreadTeam(4).run([&](int) { ++calls; });
  }
  EXPECT_EQ(calls, 4);
}

TEST(ThreadTeam, RethrowsTheErrorOfTheLowestMember) {
  const ThreadTeam team(4);
  for (int attempt = 0; attempt < 20; ++attempt) {
    try {
      team.run([](int member) {
        if (member >= 1) throw std::runtime_error("member " + std::to_string(member));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "member 1");
    }
  }
}

TEST(ThreadTeam, WorksAgainAfterAnError) {
  const ThreadTeam team(2);
  EXPECT_THROW(team.run([](int) { throw std::bad_alloc(); }), std::bad_alloc);
  std::atomic<int> calls = 0;
  team.run([&](int) { ++calls; });
  EXPECT_EQ(calls, 2);
}

TEST(ThreadTeam, IsNotCutToAnIdlePartOfTheMachine) {
  omp_set_dynamic(1);
  const int more_than_cores = omp_get_num_procs() + 1;
  const ThreadTeam team(more_than_cores);
  EXPECT_EQ(team.size(), more_than_cores);
  std::atomic<int> members = 0;
  team.run([&](int) { ++members; });
  EXPECT_EQ(members, more_than_cores);
}

}  // namespace
}  // namespace tally
