// SPDX-License-Identifier: MIT
#include <algorithm>

#include "tally/core/text.hpp"
#include "tally/run/launch_check.hpp"

namespace tally {
namespace {

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
  const CpuShare& cores = facts.ranks.front().cores;
  const int per_task = launcher.cores_per_task.value_or(1);
  const int wanted = std::min(per_task * cores.node_ranks, facts.ranks.front().host_cores);
  const int given = launcher.cores_on_host > 0 ? std::min(wanted, launcher.cores_on_host) : wanted;
  if (per_task == 1 || cores.node_cores >= given) return;
  findings.warning(
      "SLURM gives the ranks of host {} {}, but they are bound to {}; start with mpirun --map-by "
      "slot:PE={}, or srun --cpus-per-task={}",
      facts.ranks.front().host, counted(given, "core"), grouped(cores.node_cores), per_task,
      per_task);
}

// Without TaskPlugin, any job of a host may run on any of its cores. SLURM counts cores or their
// threads, by its configuration.
void check_confinement(const LaunchFacts& facts, Findings& findings) {
  const RankFacts& first = facts.ranks.front();
  const int given = facts.launcher.cores_on_host;
  if (given == 0 || first.cores.node_cores <= given * facts.processors_per_core) return;
  findings.warning(
      "SLURM gives this job {} of host {}, but lets it run on {}, where it and other jobs slow "
      "each "
      "other down; ask for whole hosts (sbatch --exclusive), or have TaskPlugin=task/affinity set",
      counted(given, "core"), first.host, grouped(first.cores.node_cores));
}

}  // namespace

void check_ranks(const LaunchFacts& facts, Findings& findings) {
  check_one_job(facts, findings);
  check_programs(facts, findings);
  check_thread_level(facts, findings);
  check_allocated_cores(facts, findings);
  check_confinement(facts, findings);
}

}  // namespace tally
