// SPDX-License-Identifier: MIT
#include "tally/state/run_config.hpp"

#include <algorithm>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

// An eighth of the batch, so that a few workers have enough to do, but neither so small that
// products are slow nor so large that a micro-batch does not fit the caches.
constexpr std::int64_t kLeastMicroBatch = 32;
constexpr std::int64_t kGreatestMicroBatch = 128;

std::int64_t largest_divisor_up_to(std::int64_t number, std::int64_t limit) {
  std::int64_t divisor = std::min(number, limit);
  while (number % divisor != 0) --divisor;
  return divisor;
}

}  // namespace

void resolve(RunConfig& config) {
  if (config.micro_batch.value == 0) {
    config.micro_batch.value = largest_divisor_up_to(
        config.batch_size,
        std::clamp(config.batch_size / 8, kLeastMicroBatch, kGreatestMicroBatch));
  }
  require(config.batch_size % config.micro_batch.value == 0, ExitCode::kUsage,
          "--micro-batch: expected a divisor of --batch-size {}, got {}; the largest one up to it "
          "is {}",
          config.batch_size, config.micro_batch.value,
          largest_divisor_up_to(config.batch_size, config.micro_batch.value));
  require(!config.nesterov || config.momentum > 0, ExitCode::kUsage,
          "--nesterov: expected --momentum above 0, got {}", config.momentum);
  require(!config.train_limit || config.validation < *config.train_limit, ExitCode::kUsage,
          "--validation: expected fewer images than --train-limit {}, got {}",
          grouped(config.train_limit.value_or(0)), grouped(config.validation));
}

}  // namespace tally
