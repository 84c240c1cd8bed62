// SPDX-License-Identifier: MIT
#include "tally/run/worker_threads.hpp"

#include <algorithm>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {

int worker_threads(const AutoCount& asked, const CpuShare& share, std::int64_t micro_batches) {
  if (asked.value == 0) {
    const std::int64_t useful = std::max<std::int64_t>(1, micro_batches);
    return static_cast<int>(std::min<std::int64_t>(share.fair(), useful));
  }
  require(asked.value <= share.own_cores, ExitCode::kUsage,
          "--threads: expected at most the {} that this rank is bound to, got {}; launch with "
          "mpirun --bind-to none, or --map-by slot:PE={}",
          counted(share.own_cores, "core"), asked.value, asked.value);
  return static_cast<int>(asked.value);
}

std::string idle_workers_warning(std::int64_t workers, const RunConfig& config) {
  const std::int64_t micro_batches = config.batch_size / config.micro_batch.value;
  if (workers <= micro_batches) return "";
  return fmt::format(
      "{} for {} a step: {} without work; start the next run with a smaller --micro-batch than {}, "
      "or a larger --batch-size than {}",
      counted(workers, "worker"),
      micro_batches == 1 ? "1 micro-batch" : fmt::format("{} micro-batches", micro_batches),
      workers - micro_batches, config.micro_batch.value, config.batch_size);
}

}  // namespace tally
