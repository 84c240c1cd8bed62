// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "tally/parallel/cpu_share.hpp"
#include "tally/state/run_config.hpp"

// How many threads a rank works with, and who says so.
namespace tally {

enum class ThreadSource : int {
  kOption,
  kOpenMp,
  kSlurm,
  kSlurmNode,
  kCores,
  kMicroBatches,
  kLimit
};

/// "--threads", "OMP_NUM_THREADS", ..., "cores"
std::string_view name_of(ThreadSource source);

/// Whether it is a variable of the environment, which nobody may have in mind.
bool is_environment(ThreadSource source);

/// What may say how many, in the order in which it counts.
struct ThreadWishes {
  AutoCount option{};              ///< --threads, of this launch or of the run that goes on
  int openmp = 0;                  ///< OMP_NUM_THREADS; 0 without it
  int slurm = 0;                   ///< SLURM_CPUS_PER_TASK; 0 without it
  int slurm_node = 0;              ///< the rank's share of SLURM_CPUS_ON_NODE; 0 without it
  int limit = 1 << 30;             ///< OMP_THREAD_LIMIT
  bool may_oversubscribe = false;  ///< --oversubscribe
};

struct ThreadChoice {
  int threads = 0;  ///< 0: not known yet
  int wanted = 0;   ///< by the option or by OMP_NUM_THREADS, else `threads`
  ThreadSource wanted_by = ThreadSource::kCores;
  ThreadSource decided_by = ThreadSource::kCores;  ///< of what wants and limits, the least
};

/// Threads for this rank: as many as the option says; else, and at most a thread per micro-batch,
/// as OMP_NUM_THREADS says, up to the rank's cores; else its share of the host's cores, of which
/// SLURM may give it fewer.
ThreadChoice worker_threads(const ThreadWishes& wishes, const CpuShare& share,
                            std::int64_t micro_batches);

}  // namespace tally
