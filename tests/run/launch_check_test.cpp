// SPDX-License-Identifier: MIT
#include "tally/run/launch_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Ranks of one thread, each bound to a core of its own, on hosts n0, n1, ... of two cores.
LaunchFacts sound_launch(int ranks) {
  LaunchFacts facts;
  for (int rank = 0; rank < ranks; ++rank) {
    RankFacts of_rank;
    of_rank.host = rank / 2;
    of_rank.host_name = "n" + std::to_string(of_rank.host);
    of_rank.program = "tally 1";
    const int on_host = std::min(2, ranks - 2 * of_rank.host);
    of_rank.share = {1, on_host, on_host};
    of_rank.online_processors = 2;
    of_rank.threads = 1;
    of_rank.threads_by = ThreadSource::kOption;
    of_rank.micro_batches = 8 / ranks;
    facts.ranks.push_back(of_rank);
  }
  facts.launcher.kind = Launcher::Kind::kMpirun;
  facts.launcher.processes = ranks;
  facts.mpi_library = "MPICH 4";
  facts.batch_size = 256;
  facts.micro_batch = 32;
  facts.directory = {"runs/a", "", 1'000'000'000, 3'000'000};
  return facts;
}

// One rank on both cores of a host.
LaunchFacts sound_rank_of_two_threads() {
  LaunchFacts facts = sound_launch(1);
  facts.ranks[0].share = {2, 2, 1};
  facts.ranks[0].threads = 2;
  return facts;
}

Findings check(const LaunchFacts& facts) {
  Findings findings;
  check_ranks(facts, findings);
  check_work(facts, findings);
  check_directory(facts, findings);
  return findings;
}

void expect_error(const LaunchFacts& facts, const std::string& text) {
  EXPECT_THAT(check(facts).errors(), ElementsAre(text));
  EXPECT_THAT(check(facts).warnings(), IsEmpty());
}

void expect_warning(const LaunchFacts& facts, const std::string& text) {
  EXPECT_THAT(check(facts).errors(), IsEmpty());
  EXPECT_THAT(check(facts).warnings(), ElementsAre(text));
}

void expect_nothing(const LaunchFacts& facts) {
  EXPECT_THAT(check(facts).errors(), IsEmpty());
  EXPECT_THAT(check(facts).warnings(), IsEmpty());
}

TEST(LaunchCheck, FindsNothingInSoundLaunches) {
  for (const int ranks : {1, 2, 3, 4, 8}) expect_nothing(sound_launch(ranks));
  expect_nothing(sound_rank_of_two_threads());
}

TEST(LaunchCheck, FindsProcessesThatAreNoJob) {
  LaunchFacts facts = sound_launch(1);
  facts.launcher.processes = 3;
  facts.launcher.kind = Launcher::Kind::kSrun;
  expect_error(facts,
               "srun started 3 processes, but each of them is a job of one rank: it does not speak "
               "with MPICH 4, which tally was built with; start with srun --mpi=pmix (Open MPI) or "
               "--mpi=pmi2 (MPICH), or with the launcher of that MPI; for separate runs unset "
               "SLURM_STEP_NUM_TASKS");
  facts.launcher.kind = Launcher::Kind::kMpirun;
  expect_error(
      facts,
      "mpirun of Open MPI started 3 processes, but each of them is a job of one rank: it "
      "does not speak with MPICH 4, which tally was built with; start with the launcher of "
      "that MPI (MPICH's is mpiexec.hydra), or build with -DTALLY_MPI=openmpi");
  facts.launcher.kind = Launcher::Kind::kMpiexec;
  facts.mpi_library = "Open MPI v4";
  expect_error(
      facts,
      "mpiexec of MPICH started 3 processes, but each of them is a job of one rank: it does "
      "not speak with Open MPI v4, which tally was built with; start with the launcher of "
      "that MPI (Open MPI's is mpirun.openmpi on Debian), or build with -DTALLY_MPI=mpich");
}

TEST(LaunchCheck, WarnsOfOneRankInAnAllocationForMore) {
  LaunchFacts facts = sound_launch(1);
  facts.launcher = {};
  facts.launcher.allocated_tasks = 4;
  expect_warning(facts,
                 "one rank in a SLURM allocation for 4 tasks; start with srun --mpi=pmix, or with "
                 "mpirun");
}

TEST(LaunchCheck, WarnsOfCoresThatSlurmGivesToOthers) {
  LaunchFacts facts = sound_launch(2);
  facts.launcher.cores_on_host = 1;
  expect_warning(facts,
                 "SLURM gives this job 1 core of host n0, but lets it run on 2, where it and other "
                 "jobs slow each other down; ask for whole hosts (sbatch --exclusive), or have "
                 "TaskPlugin=task/affinity set");
  facts.processors_per_core = 2;
  expect_nothing(facts);
  facts.processors_per_core = 1;
  facts.launcher.cores_on_host = 2;
  expect_nothing(facts);
}

TEST(LaunchCheck, FindsOtherPrograms) {
  LaunchFacts facts = sound_launch(4);
  facts.ranks[1].program = facts.ranks[2].program = "tally 2";
  expect_error(facts,
               "ranks 1-2 on hosts n0, n1: expected tally 1 as on rank 0, got tally 2; start the "
               "same program, with the same TALLY_KERNELS, on every host");
}

TEST(LaunchCheck, FindsAnMpiWithoutThreads) {
  LaunchFacts facts = sound_launch(4);
  facts.ranks[0].allows_threads = facts.ranks[3].allows_threads = false;
  expect_error(facts,
               "ranks 0, 3 on hosts n0, n1: this MPI does not let the main thread communicate "
               "while others compute (MPI_THREAD_FUNNELED); use an MPI built with thread support");
}

TEST(LaunchCheck, WarnsOfAVariableThatAsksForThreadsBeyondTheBinding) {
  LaunchFacts facts = sound_launch(2);
  for (RankFacts& rank : facts.ranks) {
    rank.threads_by = ThreadSource::kCores;
    rank.wanted_threads = 8;
    rank.wanted_by = ThreadSource::kOpenMp;
  }
  expect_warning(facts,
                 "OMP_NUM_THREADS: 8 threads asked for, but ranks 0-1 on host n0 are bound to 1 "
                 "core, and take no more; launch with mpirun --bind-to none, or --map-by "
                 "slot:PE=2, or unset it");
  facts.ranks.pop_back();
  facts.launcher.processes = 1;
  facts.ranks[0].online_processors = 1;
  expect_warning(facts,
                 "OMP_NUM_THREADS: 8 threads asked for, but rank 0 on host n0 is bound to 1 core, "
                 "and takes no more; unset it");
  facts.ranks[0].threads_by = ThreadSource::kMicroBatches;
  expect_nothing(facts);
}

TEST(LaunchCheck, NamesTheNumberThatItHasJudged) {
  LaunchFacts facts = sound_rank_of_two_threads();
  facts.ranks[0].wanted_threads = 64;
  facts.ranks[0].threads_by = ThreadSource::kLimit;
  expect_nothing(facts);
  facts.ranks[0].threads = 3;
  expect_error(facts,
               "OMP_THREAD_LIMIT: expected at most the 2 cores that rank 0 on host n0 is bound to, "
               "got 3; use at most --threads 2");
}

TEST(LaunchCheck, FindsThreadsThatAreNoNumber) {
  LaunchFacts facts = sound_launch(3);
  facts.ranks[1].threads = facts.ranks[2].threads = 0;
  facts.ranks[1].no_threads = facts.ranks[2].no_threads = "OMP_NUM_THREADS: no";
  EXPECT_THAT(check(facts).errors(), ElementsAre("ranks 1-2 on hosts n0, n1: OMP_NUM_THREADS: no"));
}

TEST(LaunchCheck, FindsThreadsBeyondTheBindingOfTheirRank) {
  LaunchFacts facts = sound_launch(2);
  for (RankFacts& rank : facts.ranks) rank.threads = 2;
  expect_error(facts,
               "--threads: expected at most the 1 core that ranks 0-1 on host n0 are bound to, got "
               "2; launch with mpirun --bind-to none, or --map-by slot:PE=2");
}

TEST(LaunchCheck, NamesWhatAHostHasWhereBindingIsNoRemedy) {
  LaunchFacts facts = sound_rank_of_two_threads();
  facts.ranks[0].threads = 3;
  expect_error(facts,
               "--threads: expected at most the 2 cores that rank 0 on host n0 is bound to, got 3; "
               "use at most --threads 2");
}

TEST(LaunchCheck, BlamesOpenMpWhereItHasBoundTheMainThread) {
  LaunchFacts facts = sound_launch(1);
  facts.ranks[0].bound_processors = 2;
  expect_warning(
      facts,
      "rank 0 on host n0: OpenMP has bound the main thread to 1 of 2 cores, which is all "
      "that tally sees; unset OMP_PROC_BIND, OMP_PLACES and GOMP_CPU_AFFINITY, and let "
      "the launcher bind ranks");
  facts.ranks[0].threads = 2;
  expect_error(facts,
               "--threads: expected at most the 1 core that rank 0 on host n0 is bound to, got 2; "
               "unset OMP_PROC_BIND, OMP_PLACES and GOMP_CPU_AFFINITY, and let the launcher bind "
               "ranks");
  facts.ranks[0].threads = facts.ranks[0].bound_processors = 1;
  expect_nothing(facts);
}

TEST(LaunchCheck, WarnsOfThreadsThatCrowdAHost) {
  LaunchFacts facts = sound_launch(2);
  for (RankFacts& rank : facts.ranks) {
    rank.share = {2, 2, 2};
    rank.threads = 2;
  }
  expect_warning(
      facts,
      "ranks 0-1 on host n0: 4 threads on 2 cores: oversubscribed: spinning threads steal "
      "cores; use fewer ranks or --threads, or set OMP_WAIT_POLICY=passive");
  facts.launcher.spins = false;
  expect_nothing(facts);
}

TEST(LaunchCheck, WarnsOfThreadsBeyondTheBindingThatAreMeant) {
  LaunchFacts facts = sound_rank_of_two_threads();
  facts.ranks[0].threads = 4;
  facts.oversubscribe = true;
  EXPECT_THAT(check(facts).errors(), IsEmpty());
  EXPECT_THAT(check(facts).warnings(), ElementsAre(HasSubstr("4 threads on 2 cores")));
}

TEST(LaunchCheck, WarnsOfRanksThatCrowdAHostUnlessTheLauncherWasToldTo) {
  LaunchFacts facts = sound_launch(2);
  for (RankFacts& rank : facts.ranks) rank.share = {1, 1, 2};
  expect_warning(
      facts,
      "ranks 0-1 on host n0: 2 threads on 1 core: oversubscribed: spinning threads steal "
      "cores; use fewer ranks or --threads, or bind the ranks to cores of their own");
  facts.launcher.oversubscribes = true;
  expect_nothing(facts);
}

TEST(LaunchCheck, WarnsOfRanksWithFewerThreadsThanMicroBatches) {
  LaunchFacts facts = sound_launch(4);
  for (RankFacts& rank : facts.ranks) {
    rank.share = {2, 4, 2};
    rank.threads = 2;
  }
  expect_nothing(facts);
  facts.ranks[2].threads = 1;
  expect_warning(facts,
                 "rank 2 on host n1: 1 thread for 2 micro-batches, while other ranks have 2: these "
                 "wait for it in every step; give every rank as many cores (mpirun --map-by "
                 "slot:PE=2), and unset OMP_THREAD_LIMIT");
  facts.ranks[2].micro_batches = 1;
  expect_nothing(facts);
}

TEST(LaunchCheck, WarnsOfWorkersWithoutWork) {
  LaunchFacts facts = sound_launch(8);
  facts.batch_size = 128;
  expect_warning(facts,
                 "8 workers for 4 micro-batches a step: 4 without work; start the next run with a "
                 "smaller --micro-batch than 32, or a larger --batch-size than 128");
  facts = sound_launch(2);
  facts.batch_size = facts.micro_batch = 1;
  expect_warning(facts,
                 "2 workers for 1 micro-batch a step: 1 without work; start the next run with a "
                 "larger --batch-size than 1");
}

TEST(LaunchCheck, WarnsOfMemoryThatIsNotShared) {
  LaunchFacts facts = sound_launch(2);
  facts.why_not_shared = "shared memory: no";
  expect_warning(facts,
                 "shared memory: no: the ranks of a host exchange messages instead, which is "
                 "slower; start them in one container (with one /proc), as one user");
}

TEST(LaunchCheck, WarnsOfCoresThatSlurmGivesAndNobodyUses) {
  LaunchFacts facts = sound_launch(2);
  facts.launcher.cores_per_task = 4;
  expect_nothing(facts);  // a host may have fewer than SLURM was told
  for (RankFacts& rank : facts.ranks) rank.online_processors = 16;
  expect_warning(facts,
                 "SLURM gives the ranks of host n0 8 cores, but they are bound to 2; start with "
                 "mpirun --map-by slot:PE=4, or srun --cpus-per-task=4");
  facts.launcher.cores_on_host = 2;  // more ranks than tasks
  expect_nothing(facts);
}

TEST(LaunchCheck, FindsADirectoryThatCannotBeWritten) {
  LaunchFacts facts = sound_launch(1);
  facts.directory.problem = "runs: cannot be written";
  facts.directory.free_bytes = 0;
  expect_error(facts, "runs: cannot be written");
}

TEST(LaunchCheck, WarnsOfADirectoryThatOtherHostsDoNotSee) {
  LaunchFacts facts = sound_launch(4);
  facts.ranks[2].sees_run_directory = facts.ranks[3].sees_run_directory = false;
  expect_warning(facts,
                 "--run-dir runs/a: ranks 2-3 on host n1 cannot see what rank 0 writes to it: a "
                 "resume there would find no checkpoint; use a directory on a file system that all "
                 "hosts share");
}

TEST(LaunchCheck, WarnsOfADirectoryWithLittleRoom) {
  LaunchFacts facts = sound_launch(1);
  facts.directory.free_bytes = 500'000;
  expect_warning(facts,
                 "--run-dir runs/a: 500 kB are free, but the checkpoints of this run take up to "
                 "3.0 MB more; make room, choose another --run-dir, or --keep fewer");
}

TEST(CheckClasses, WarnsOfOutputsThatAreNeverRight) {
  Findings findings;
  check_classes(50, 10, findings);
  EXPECT_THAT(findings.errors(), IsEmpty());
  EXPECT_THAT(
      findings.warnings(),
      ElementsAre("--network: the last layer has 50 outputs, but the labels of the data are 0 "
                  "to 9: 40 of them are never right; did you mean it to end in dense:10?"));
}

TEST(CheckClasses, IsContentWithAnOutputPerClass) {
  Findings findings;
  check_classes(10, 10, findings);
  EXPECT_THAT(findings.warnings(), IsEmpty());
}

}  // namespace
}  // namespace tally
