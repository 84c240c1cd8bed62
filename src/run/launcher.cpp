// SPDX-License-Identifier: MIT
#include "tally/run/launcher.hpp"

#include <cstdlib>

#include "tally/core/text.hpp"

namespace tally {
namespace {

int number_of(const Environment& environment, const char* name, int otherwise) {
  const char* text = environment(name);
  int number = 0;
  return text != nullptr && parse_number(std::string_view(text), number) ? number : otherwise;
}

std::string_view text_of(const Environment& environment, const char* name) {
  const char* text = environment(name);
  return text == nullptr ? "" : text;
}

// An mpiexec in a SLURM job starts its helpers by a step of one task per host, and srun may speak
// mpiexec's protocol; the batch script has the tasks of its allocation in its environment, but not
// those of a step.
void find_kind(const Environment& environment, Launcher& found) {
  const int step_tasks = number_of(environment, "SLURM_STEP_NUM_TASKS", 0);
  if (const int size = number_of(environment, "OMPI_COMM_WORLD_SIZE", 0); size > 0) {
    found.kind = Launcher::Kind::kMpirun;
    found.processes = size;
  } else if (const int processes = number_of(environment, "PMI_SIZE", 0);
             processes > 0 && processes != step_tasks) {
    found.kind = Launcher::Kind::kMpiexec;
    found.processes = processes;
  } else if (step_tasks > 0) {
    found.kind = Launcher::Kind::kSrun;
    found.processes = step_tasks;
  } else {
    found.allocated_tasks = number_of(environment, "SLURM_NTASKS", 1);
  }
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> const char* { return std::getenv(name); };
}

Launcher launcher(const Environment& environment) {
  Launcher found;
  find_kind(environment, found);
  if (const int cores = number_of(environment, "SLURM_CPUS_PER_TASK", 0); cores > 0) {
    found.cores_per_task = cores;
  }
  found.cores_on_host = number_of(environment, "SLURM_CPUS_ON_NODE", 0);
  // Open MPI 4 says so. From 5 on there are more ranks than slots, and they yield as well.
  const int slots = number_of(environment, "OMPI_UNIVERSE_SIZE", 0);
  found.oversubscribes = number_of(environment, "OMPI_MCA_mpi_oversubscribe", 0) != 0 ||
                         (slots > 0 && found.processes > slots) ||
                         number_of(environment, "OMPI_MCA_mpi_yield_when_idle", 0) != 0;
  const std::string_view policy = text_of(environment, "OMP_WAIT_POLICY");
  found.spins = policy != "passive" && policy != "PASSIVE";
  return found;
}

std::string remedy_for_srun(const Environment& environment) {
  const auto has = [&](const char* name) { return environment(name) != nullptr; };
  const bool is_by_srun =
      launcher(environment).kind == Launcher::Kind::kSrun && has("SLURM_STEP_ID");
  const bool is_first = number_of(environment, "SLURM_PROCID", 0) == 0;
  if (!is_by_srun || !is_first || has("PMIX_RANK") || has("PMI_RANK")) return "";
  return "srun has not told the ranks of each other, so Open MPI may not start; use srun "
         "--mpi=pmix (srun --mpi=list must name it), or mpirun";
}

std::string_view name_of(Launcher::Kind kind) {
  switch (kind) {
    case Launcher::Kind::kMpirun:
      return "mpirun of Open MPI";
    case Launcher::Kind::kMpiexec:
      return "mpiexec of MPICH";
    case Launcher::Kind::kSrun:
      return "srun";
    case Launcher::Kind::kNone:
      break;
  }
  return "no launcher";
}

}  // namespace tally
