// SPDX-License-Identifier: MIT
#include "tally/run/worker_threads.hpp"

#include <algorithm>

namespace tally {
namespace {

ThreadChoice wanted(const ThreadWishes& wishes, const CpuShare& share) {
  const auto choice = [](std::int64_t count, ThreadSource source) {
    const int threads = static_cast<int>(count);
    return ThreadChoice{threads, threads, source, source};
  };
  if (wishes.option.value != 0) return choice(wishes.option.value, ThreadSource::kOption);
  if (wishes.openmp != 0) return choice(wishes.openmp, ThreadSource::kOpenMp);
  return choice(share.fair(), ThreadSource::kCores);
}

void limit(ThreadChoice& choice, std::int64_t most, ThreadSource source) {
  if (choice.threads <= most) return;
  choice.threads = static_cast<int>(most);
  choice.decided_by = source;
}

}  // namespace

std::string_view name_of(ThreadSource source) {
  switch (source) {
    case ThreadSource::kOption:
      return "--threads";
    case ThreadSource::kOpenMp:
      return "OMP_NUM_THREADS";
    case ThreadSource::kSlurm:
      return "SLURM_CPUS_PER_TASK";
    case ThreadSource::kSlurmNode:
      return "SLURM_CPUS_ON_NODE";
    case ThreadSource::kCores:
      return "cores";
    case ThreadSource::kMicroBatches:
      return "micro-batches";
    case ThreadSource::kLimit:
      break;
  }
  return "OMP_THREAD_LIMIT";
}

bool is_environment(ThreadSource source) {
  return source == ThreadSource::kOpenMp || source == ThreadSource::kSlurm ||
         source == ThreadSource::kSlurmNode || source == ThreadSource::kLimit;
}

ThreadChoice worker_threads(const ThreadWishes& wishes, const CpuShare& share,
                            std::int64_t micro_batches) {
  ThreadChoice choice = wanted(wishes, share);
  // SLURM may give fewer cores than it lets a job run on.
  if (choice.wanted_by == ThreadSource::kCores && wishes.slurm != 0) {
    limit(choice, wishes.slurm, ThreadSource::kSlurm);
  } else if (choice.wanted_by == ThreadSource::kCores && wishes.slurm_node != 0) {
    limit(choice, wishes.slurm_node, ThreadSource::kSlurmNode);
  }
  if (choice.wanted_by != ThreadSource::kOption) {
    limit(choice, std::max<std::int64_t>(1, micro_batches), ThreadSource::kMicroBatches);
  }
  // A variable may have been set for another program, or for ranks with more cores.
  if (choice.wanted_by == ThreadSource::kOpenMp && !wishes.may_oversubscribe) {
    limit(choice, share.own_processors, ThreadSource::kCores);
  }
  limit(choice, wishes.limit, ThreadSource::kLimit);
  return choice;
}

}  // namespace tally
