// SPDX-License-Identifier: MIT
#include "tally/run/launch_check.hpp"

#include <algorithm>
#include <map>

#include "tally/core/text.hpp"

namespace tally {
namespace {

// --- The ranks. ---

// That of the launcher which the environment shows, and that of the program.
std::string remedy_for_mixed(const LaunchFacts& facts) {
  switch (facts.launcher.kind) {
    case Launcher::Kind::kSrun:
      return "start with srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH), or with the launcher of "
             "that MPI; for separate runs unset SLURM_STEP_NUM_TASKS";
    case Launcher::Kind::kMpirun:
      return "start with the launcher of that MPI (MPICH's is mpiexec.hydra), or build with "
             "-DTALLY_MPI=openmpi";
    default:
      return "start with the launcher of that MPI (Open MPI's is mpirun.openmpi on Debian), or "
             "build with -DTALLY_MPI=mpich";
  }
}

void check_one_job(const LaunchFacts& facts, Findings& findings) {
  const Launcher& launcher = facts.launcher;
  if (facts.ranks.size() > 1) return;
  if (launcher.processes > 1) {
    findings.error(
        "{} started {} processes, but each of them is a job of one rank: it does not speak with "
        "{}, which tally was built with; {}",
        name_of(launcher.kind), launcher.processes, facts.mpi_library, remedy_for_mixed(facts));
  }
  if (launcher.allocated_tasks > 1) {
    findings.warning(
        "one rank in a SLURM allocation for {} tasks; start with srun --mpi=pmix, or with mpirun",
        launcher.allocated_tasks);
  }
}

void check_programs(const LaunchFacts& facts, Findings& findings) {
  const std::string& expected = facts.ranks.front().program;
  const auto others =
      facts.ranks_that([&](const RankFacts& rank) { return rank.program != expected; });
  if (others.empty()) return;
  findings.error(
      "{}: expected {} as on rank 0, got {}; start the same program, with the same TALLY_KERNELS, "
      "on every host",
      facts.place_of(others), expected, facts.ranks[others.front()].program);
}

void check_thread_level(const LaunchFacts& facts, Findings& findings) {
  const auto without = facts.ranks_that([](const RankFacts& rank) { return !rank.allows_threads; });
  if (without.empty()) return;
  findings.error(
      "{}: this MPI does not let the main thread communicate while others compute "
      "(MPI_THREAD_FUNNELED); use an MPI built with thread support",
      facts.place_of(without));
}

void check_allocated_cores(const LaunchFacts& facts, Findings& findings) {
  const Launcher& launcher = facts.launcher;
  const CpuShare& share = facts.ranks.front().share;
  const int per_task = launcher.cores_per_task.value_or(1);
  const int wanted = std::min(per_task * share.host_ranks, facts.ranks.front().online_processors);
  const int given = launcher.cores_on_host > 0 ? std::min(wanted, launcher.cores_on_host) : wanted;
  if (per_task == 1 || share.host_processors >= given) return;
  findings.warning(
      "SLURM gives the ranks of host {} {}, but they are bound to {}; start with mpirun --map-by "
      "slot:PE={}, or srun --cpus-per-task={}",
      facts.ranks.front().host_name, counted(given, "core"), grouped(share.host_processors),
      per_task, per_task);
}

// Without TaskPlugin, any job of a host may run on any of its cores. SLURM counts cores or their
// threads, by its configuration.
void check_confinement(const LaunchFacts& facts, Findings& findings) {
  const RankFacts& first = facts.ranks.front();
  const int given = facts.launcher.cores_on_host;
  if (given == 0 || first.share.host_processors <= given * facts.processors_per_core) return;
  findings.warning(
      "SLURM gives this job {} of host {}, but lets it run on {}, where it and other jobs slow "
      "each "
      "other down; ask for whole hosts (sbatch --exclusive), or have TaskPlugin=task/affinity set",
      counted(given, "core"), first.host_name, grouped(first.share.host_processors));
}

// --- What they are to do. ---

std::string micro_batches_text(std::int64_t count) {
  return grouped(count) + (count == 1 ? " micro-batch" : " micro-batches");
}

constexpr std::string_view kUnbind =
    "unset OMP_PROC_BIND, OMP_PLACES and GOMP_CPU_AFFINITY, and let the launcher bind ranks";

bool is_beyond_binding(const LaunchFacts& facts, const RankFacts& rank) {
  return rank.threads > rank.share.own_processors && !facts.oversubscribe;
}

bool is_bound_by_openmp(const RankFacts& rank) {
  return rank.bound_processors > rank.share.own_processors;
}

std::string remedy_for_threads(const RankFacts& rank) {
  if (rank.bound_processors >= rank.threads) return std::string(kUnbind);
  if (rank.threads > rank.online_processors) {
    return fmt::format("use at most --threads {}", rank.share.own_processors);
  }
  return fmt::format("launch with mpirun --bind-to none, or --map-by slot:PE={}", rank.threads);
}

// OMP_NUM_THREADS, whose wish is cut.
bool is_cut_to_binding(const RankFacts& rank) {
  return rank.wanted_by == ThreadSource::kOpenMp && rank.threads_by == ThreadSource::kCores;
}

std::string remedy_for_wish(const RankFacts& rank) {
  const auto useful = std::min<std::int64_t>(
      {rank.wanted_threads, rank.online_processors, std::max<std::int64_t>(1, rank.micro_batches)});
  if (useful <= rank.share.own_processors) return "unset it";
  return fmt::format("launch with mpirun --bind-to none, or --map-by slot:PE={}, or unset it",
                     useful);
}

void check_thread_counts(const LaunchFacts& facts, Findings& findings) {
  const auto without =
      facts.ranks_that([](const RankFacts& rank) { return !rank.no_threads.empty(); });
  if (without.empty()) return;
  findings.error("{}: {}", facts.place_of(without), facts.ranks[without.front()].no_threads);
}

void check_threads_of_ranks(const LaunchFacts& facts, Findings& findings) {
  const auto beyond =
      facts.ranks_that([&](const RankFacts& rank) { return is_beyond_binding(facts, rank); });
  if (beyond.empty()) return;
  const RankFacts& first = facts.ranks[beyond.front()];
  findings.error("{}: expected at most the {} that {} {} bound to, got {}; {}",
                 name_of(first.threads_by), counted(first.share.own_processors, "core"),
                 facts.place_of(beyond), beyond.size() == 1 ? "is" : "are", first.threads,
                 remedy_for_threads(first));
}

void check_wishes_for_threads(const LaunchFacts& facts, Findings& findings) {
  const auto cut = facts.ranks_that(
      [](const RankFacts& rank) { return is_cut_to_binding(rank) && !is_bound_by_openmp(rank); });
  if (cut.empty()) return;
  const RankFacts& first = facts.ranks[cut.front()];
  findings.warning("{}: {} asked for, but {} {} bound to {}, and {} no more; {}",
                   name_of(first.wanted_by), counted(first.wanted_threads, "thread"),
                   facts.place_of(cut), cut.size() == 1 ? "is" : "are",
                   counted(first.share.own_processors, "core"), cut.size() == 1 ? "takes" : "take",
                   remedy_for_wish(first));
}

void check_openmp_binding(const LaunchFacts& facts, Findings& findings) {
  const auto bound = facts.ranks_that([&](const RankFacts& rank) {
    return is_bound_by_openmp(rank) && !is_beyond_binding(facts, rank);
  });
  if (bound.empty()) return;
  const RankFacts& first = facts.ranks[bound.front()];
  findings.warning(
      "{}: OpenMP has bound the main thread to {} of {}, which is all that tally sees; {}",
      facts.place_of(bound), grouped(first.share.own_processors),
      counted(first.bound_processors, "core"), kUnbind);
}

// Ranks of one thread that share cores are meant where the launcher was told so; threads that spin
// at barriers keep each other from working all the same.
void check_threads_of_hosts(const LaunchFacts& facts, Findings& findings) {
  std::map<int, int> threads_of_host;
  std::map<int, bool> has_teams;
  for (const RankFacts& rank : facts.ranks) {
    threads_of_host[rank.host] += rank.threads;
    has_teams[rank.host] |= rank.threads > 1;
  }
  const auto crowded = facts.ranks_that([&](const RankFacts& rank) {
    const bool waits_badly =
        has_teams[rank.host] ? facts.launcher.spins : !facts.launcher.oversubscribes;
    const bool is_named_already = is_beyond_binding(facts, rank) || is_bound_by_openmp(rank);
    return threads_of_host[rank.host] > rank.share.host_processors && waits_badly &&
           !is_named_already;
  });
  if (crowded.empty()) return;
  const RankFacts& first = facts.ranks[crowded.front()];
  findings.warning(
      "{}: {} on {}: oversubscribed: spinning threads steal cores; use fewer ranks or --threads, "
      "or {}",
      facts.place_of(crowded), counted(threads_of_host[first.host], "thread"),
      counted(first.share.host_processors, "core"),
      has_teams[first.host] ? "set OMP_WAIT_POLICY=passive"
                            : "bind the ranks to cores of their own");
}

void check_even_threads(const LaunchFacts& facts, Findings& findings) {
  int most = 0;
  for (const RankFacts& rank : facts.ranks) most = std::max(most, rank.threads);
  const auto with_fewer = facts.ranks_that([&](const RankFacts& rank) {
    return rank.no_threads.empty() &&
           rank.threads < std::min<std::int64_t>(most, rank.micro_batches);
  });
  if (with_fewer.empty()) return;
  const RankFacts& slowest = facts.ranks[with_fewer.front()];
  findings.warning(
      "{}: {} for {}, while other ranks have {}: these wait for it in every step; give every rank "
      "as many cores (mpirun --map-by slot:PE={}), and unset {}",
      facts.place_of(with_fewer), counted(slowest.threads, "thread"),
      micro_batches_text(slowest.micro_batches), most, most,
      name_of(is_environment(slowest.threads_by) ? slowest.threads_by : ThreadSource::kLimit));
}

void check_idle_workers(const LaunchFacts& facts, Findings& findings) {
  std::int64_t workers = 0;
  for (const RankFacts& rank : facts.ranks) workers += rank.threads;
  const std::int64_t micro_batches = facts.batch_size / facts.micro_batch;
  if (workers <= micro_batches) return;
  findings.warning(
      "{} for {} a step: {} without work; start the next run with {}a larger --batch-size than {}",
      counted(workers, "worker"), micro_batches_text(micro_batches), workers - micro_batches,
      facts.micro_batch == 1
          ? ""
          : fmt::format("a smaller --micro-batch than {}, or ", facts.micro_batch),
      facts.batch_size);
}

void check_sharing(const LaunchFacts& facts, Findings& findings) {
  if (facts.why_not_shared.empty()) return;
  findings.warning(
      "{}: the ranks of a host exchange messages instead, which is slower; start them in one "
      "container (with one /proc), as one user",
      facts.why_not_shared);
}

// --- Where the run is kept. ---

void check_sight(const LaunchFacts& facts, Findings& findings) {
  const auto blind =
      facts.ranks_that([](const RankFacts& rank) { return !rank.sees_run_directory; });
  if (blind.empty()) return;
  findings.warning(
      "--run-dir {}: {} cannot see what rank 0 writes to it: a resume there would find no "
      "checkpoint; use a directory on a file system that all hosts share",
      facts.directory.path, facts.place_of(blind));
}

void check_room(const LaunchFacts& facts, Findings& findings) {
  const DirectoryFacts& directory = facts.directory;
  if (directory.free_bytes >= directory.needed_bytes) return;
  findings.warning(
      "--run-dir {}: {} are free, but the checkpoints of this run take up to {} more; make room, "
      "choose "
      "another --run-dir, or --keep fewer",
      directory.path, bytes_text(directory.free_bytes), bytes_text(directory.needed_bytes));
}

}  // namespace

void check_ranks(const LaunchFacts& facts, Findings& findings) {
  check_one_job(facts, findings);
  check_programs(facts, findings);
  check_thread_level(facts, findings);
  check_allocated_cores(facts, findings);
  check_confinement(facts, findings);
}

void check_classes(std::int64_t outputs, std::int64_t classes, Findings& findings) {
  if (outputs <= classes) return;
  findings.warning(
      "--network: the last layer has {} outputs, but the labels of the data are 0 to {}: {} of "
      "them "
      "are never right; did you mean it to end in dense:{}?",
      outputs, classes - 1, outputs - classes, classes);
}

void check_work(const LaunchFacts& facts, Findings& findings) {
  check_thread_counts(facts, findings);
  check_threads_of_ranks(facts, findings);
  check_wishes_for_threads(facts, findings);
  check_openmp_binding(facts, findings);
  check_threads_of_hosts(facts, findings);
  check_even_threads(facts, findings);
  check_idle_workers(facts, findings);
  check_sharing(facts, findings);
}

void check_directory(const LaunchFacts& facts, Findings& findings) {
  if (!facts.directory.problem.empty()) {
    findings.error("{}", facts.directory.problem);
    return;
  }
  check_sight(facts, findings);
  check_room(facts, findings);
}

}  // namespace tally
