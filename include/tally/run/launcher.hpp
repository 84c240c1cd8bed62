// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

// What the environment tells of how this process was started.
namespace tally {

/// The value of a variable of the environment, or null.
using Environment = std::function<const char*(const char* name)>;
Environment process_environment();

struct Launcher {
  enum class Kind { kNone, kMpirun, kMpiexec, kSrun };
  Kind kind = Kind::kNone;
  int processes = 1;        ///< that it started together with this one
  int allocated_tasks = 1;  ///< of a SLURM job, for a process that is outside of any launcher
  std::optional<int> cores_per_task;  ///< that SLURM gives, if it was asked for them
  int cores_on_host = 0;              ///< that SLURM gives; 0 without SLURM
  bool oversubscribes = false;        ///< more ranks than cores are meant
  bool spins = true;                  ///< OpenMP's threads keep their cores while they wait
};

/// The innermost launcher: that of mpirun inside srun is mpirun.
Launcher launcher(const Environment& environment);

std::string_view name_of(Launcher::Kind kind);

/// What to say where srun has not told the ranks of each other, by PMIx or PMI; empty otherwise,
/// and for all processes but the first, which would repeat it.
std::string remedy_for_srun(const Environment& environment);

}  // namespace tally
