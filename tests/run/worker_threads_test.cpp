// SPDX-License-Identifier: MIT
#include "tally/run/worker_threads.hpp"

#include <gtest/gtest.h>

#include "tally/core/error.hpp"

namespace tally {
namespace {

TEST(WorkerThreads, DefaultToTheFairShareButNotMoreThanMicroBatches) {
  EXPECT_EQ(worker_threads({}, {8, 8, 2}, 100, false), 4);
  EXPECT_EQ(worker_threads({}, {8, 8, 2}, 3, false), 3);
  EXPECT_EQ(worker_threads({}, {1, 8, 2}, 100, false), 1);
  EXPECT_EQ(worker_threads({}, {8, 8, 2}, 0, false), 1);
}

TEST(WorkerThreads, AreAsManyAsAskedForWithinTheMask) {
  EXPECT_EQ(worker_threads({2}, {2, 2, 4}, 1, false), 2);
}

TEST(WorkerThreads, BeyondTheMaskAreRefusedWithTheRemedy) {
  try {
    worker_threads({4}, {1, 8, 2}, 100, false);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    EXPECT_STREQ(error.what(),
                 "--threads: expected at most the 1 core that this rank is bound to, got 4; launch "
                 "with mpirun --bind-to none, or --map-by slot:PE=4");
  }
}

TEST(WorkerThreads, BeyondTheMaskAreTakenIfThatIsMeant) {
  EXPECT_EQ(worker_threads({4}, {1, 8, 2}, 100, true), 4);
}

TEST(CrowdedCores, AreWarnedOfWithTheRemedy) {
  EXPECT_EQ(crowding_warning(2, {2, 2, 2}, true),
            "2 ranks of 2 threads each on a node's 2 cores: waiting threads take the cores from "
            "working ones; use fewer --threads, or set OMP_WAIT_POLICY=passive");
  EXPECT_EQ(crowding_warning(2, {2, 2, 2}, false), "");
  EXPECT_EQ(crowding_warning(2, {4, 4, 2}, true), "");
  EXPECT_EQ(crowding_warning(1, {2, 2, 4}, true), "");
}

TEST(IdleWorkers, AreWarnedOfWithTheRemedy) {
  RunConfig config;
  resolve(config);
  EXPECT_EQ(idle_workers_warning(4, config), "");
  EXPECT_EQ(
      idle_workers_warning(6, config),
      "6 workers for 4 micro-batches a step: 2 without work; start the next run with a smaller "
      "--micro-batch than 32, or a larger --batch-size than 128");
  config.batch_size = config.micro_batch.value = 1;
  EXPECT_EQ(idle_workers_warning(2, config),
            "2 workers for 1 micro-batch a step: 1 without work; start the next run with a larger "
            "--batch-size than 1");
}

}  // namespace
}  // namespace tally
