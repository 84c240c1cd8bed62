// SPDX-License-Identifier: MIT
#include "tally/run/worker_threads.hpp"

#include <algorithm>
#include <cstdlib>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {

int worker_threads(const AutoCount& asked, const CpuShare& share, std::int64_t micro_batches,
                   bool oversubscribe) {
  if (asked.value == 0) {
    const std::int64_t useful = std::max<std::int64_t>(1, micro_batches);
    return static_cast<int>(std::min<std::int64_t>(share.fair(), useful));
  }
  require(asked.value <= share.own_cores || oversubscribe, ExitCode::kUsage,
          "--threads: expected at most the {} that this rank is bound to, got {}; launch with "
          "mpirun --bind-to none, or --map-by slot:PE={}",
          counted(share.own_cores, "core"), asked.value, asked.value);
  return static_cast<int>(asked.value);
}

std::string idle_workers_warning(std::int64_t workers, const RunConfig& config) {
  const std::int64_t micro_batches = config.batch_size / config.micro_batch.value;
  if (workers <= micro_batches) return "";
  const std::string smaller_units =
      config.micro_batch.value == 1
          ? ""
          : fmt::format("a smaller --micro-batch than {}, or ", config.micro_batch.value);
  return fmt::format(
      "{} for {} a step: {} without work; start the next run with {}a larger --batch-size than {}",
      counted(workers, "worker"),
      micro_batches == 1 ? "1 micro-batch" : fmt::format("{} micro-batches", micro_batches),
      workers - micro_batches, smaller_units, config.batch_size);
}

std::string crowding_warning(int threads, const CpuShare& share, bool spins_at_barriers) {
  if (threads == 1 || threads * share.node_ranks <= share.node_cores || !spins_at_barriers) {
    return "";
  }
  return fmt::format(
      "{} of {} each on a node's {}: waiting threads take the cores from working ones; use fewer "
      "--threads, or set OMP_WAIT_POLICY=passive",
      counted(share.node_ranks, "rank"), counted(threads, "thread"),
      counted(share.node_cores, "core"));
}

bool spins_at_barriers() {
  const char* policy = std::getenv("OMP_WAIT_POLICY");
  return policy == nullptr ||
         (policy != std::string_view("passive") && policy != std::string_view("PASSIVE"));
}

}  // namespace tally
