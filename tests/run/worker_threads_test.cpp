// SPDX-License-Identifier: MIT
#include "tally/run/worker_threads.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(WorkerThreads, DefaultToTheFairShareButNotMoreThanMicroBatches) {
  EXPECT_EQ(worker_threads({}, {8, 8, 2}, 100), 4);
  EXPECT_EQ(worker_threads({}, {8, 8, 2}, 3), 3);
  EXPECT_EQ(worker_threads({}, {1, 8, 2}, 100), 1);
  EXPECT_EQ(worker_threads({}, {8, 8, 2}, 0), 1);
}

TEST(WorkerThreads, AreAsManyAsAskedFor) {
  EXPECT_EQ(worker_threads({2}, {2, 2, 4}, 1), 2);
  EXPECT_EQ(worker_threads({4}, {1, 8, 2}, 100), 4);
}

}  // namespace
}  // namespace tally
