// SPDX-License-Identifier: MIT
#include "tally/core/thread_team.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>
#include <omp.h>

#include "tally/core/error.hpp"

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

// libgomp has read the variable before main, so this changes nothing but what is asked here.
struct OmpNumThreads {
  explicit OmpNumThreads(const char* value) { ::setenv("OMP_NUM_THREADS", value, 1); }
  ~OmpNumThreads() { ::unsetenv("OMP_NUM_THREADS"); }
  OmpNumThreads(const OmpNumThreads&) = delete;
  OmpNumThreads& operator=(const OmpNumThreads&) = delete;
};

TEST(EnvironmentThreads, AreTheFirstOfAList) {
  EXPECT_EQ(environment_threads(), std::nullopt);
  for (const auto& [value, threads] : {std::pair{"1", 1}, {"4,2", 4}, {" 8 , 2,1 ", 8}}) {
    const OmpNumThreads variable(value);
    EXPECT_EQ(environment_threads(), threads);
    EXPECT_EQ(default_threads(), threads);
  }
  for (const char* empty : {"", " "}) {
    const OmpNumThreads variable(empty);
    EXPECT_EQ(environment_threads(), std::nullopt);
    EXPECT_EQ(default_threads(), usable_cores());
  }
}

TEST(EnvironmentThreads, AreRefusedByTheirNameIfTheyAreNone) {
  for (const char* value : {"0", "-1", "four", "4,", ",2", "4,x", "4097", "2.5", "1 2"}) {
    const OmpNumThreads variable(value);
    try {
      static_cast<void>(environment_threads());
      FAIL() << value << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
      EXPECT_EQ(error.what(),
                "OMP_NUM_THREADS: expected a number of threads from 1 to 4096, or a list such as "
                "4,2, got \"" +
                    std::string(value) + "\"; correct it, unset it, or give --threads");
    }
  }
}

TEST(UsableCores, IsAtLeastOne) {
  EXPECT_GE(usable_cores(), 1);
}

}  // namespace
}  // namespace tally
