// SPDX-License-Identifier: MIT
#include "tally/run/worker_threads.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

void expect(const ThreadChoice& choice, int threads, std::string_view decided_by) {
  EXPECT_EQ(choice.threads, threads);
  EXPECT_EQ(name_of(choice.decided_by), decided_by);
}

TEST(WorkerThreads, DefaultToTheFairShareButNotMoreThanMicroBatches) {
  expect(worker_threads({}, {8, 8, 2}, 100), 4, "cores");
  expect(worker_threads({}, {8, 8, 2}, 3), 3, "micro-batches");
  expect(worker_threads({}, {1, 8, 2}, 100), 1, "cores");
  expect(worker_threads({}, {8, 8, 2}, 0), 1, "micro-batches");
}

TEST(WorkerThreads, AreAsManyAsAskedFor) {
  expect(worker_threads({.option = {2}}, {2, 2, 4}, 1), 2, "--threads");
  expect(worker_threads({.option = {4}, .openmp = 3, .slurm = 2}, {1, 8, 2}, 100), 4, "--threads");
}

TEST(WorkerThreads, FollowTheEnvironmentOfOpenMp) {
  expect(worker_threads({.openmp = 1}, {8, 8, 1}, 100), 1, "OMP_NUM_THREADS");
  expect(worker_threads({.openmp = 8, .limit = 9}, {8, 8, 1}, 100), 8, "OMP_NUM_THREADS");
  expect(worker_threads({.openmp = 8, .slurm = 2}, {8, 8, 2}, 100), 8, "OMP_NUM_THREADS");
  const ThreadChoice many = worker_threads({.openmp = 8}, {4, 4, 1}, 4);
  expect(many, 4, "micro-batches");
  EXPECT_EQ(many.wanted, 8);
  EXPECT_EQ(name_of(many.wanted_by), "OMP_NUM_THREADS");
}

TEST(WorkerThreads, AreNotMoreThanTheirCoresWhereOnlyTheEnvironmentAsks) {
  const ThreadChoice cut = worker_threads({.openmp = 8}, {2, 2, 1}, 4);
  expect(cut, 2, "cores");
  EXPECT_EQ(cut.wanted, 8);
  EXPECT_EQ(name_of(cut.wanted_by), "OMP_NUM_THREADS");
  expect(worker_threads({.openmp = 8}, {2, 2, 1}, 2), 2, "micro-batches");
  expect(worker_threads({.openmp = 8, .limit = 1}, {2, 2, 1}, 4), 1, "OMP_THREAD_LIMIT");
  expect(worker_threads({.openmp = 8, .may_oversubscribe = true}, {2, 2, 1}, 100), 8,
         "OMP_NUM_THREADS");
}

TEST(WorkerThreads, AreNotMoreThanSlurmGivesOrOpenMpGrants) {
  expect(worker_threads({.slurm = 2}, {8, 8, 1}, 100), 2, "SLURM_CPUS_PER_TASK");
  expect(worker_threads({.slurm = 8}, {4, 4, 1}, 100), 4, "cores");
  expect(worker_threads({.slurm_node = 3}, {8, 8, 1}, 100), 3, "SLURM_CPUS_ON_NODE");
  expect(worker_threads({.slurm = 2, .slurm_node = 1}, {8, 8, 1}, 100), 2, "SLURM_CPUS_PER_TASK");
  expect(worker_threads({.openmp = 4, .slurm_node = 1}, {8, 8, 1}, 100), 4, "OMP_NUM_THREADS");
  expect(worker_threads({.option = {4}, .limit = 1}, {8, 8, 1}, 100), 1, "OMP_THREAD_LIMIT");
}

}  // namespace
}  // namespace tally
