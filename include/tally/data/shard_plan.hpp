// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/range.hpp"
#include "tally/core/sample_order.hpp"

// Which sample is used when, and in which unit of work: a function of the recipe alone, never of
// ranks or threads. A step uses batch_size samples as K = batch_size / micro_batch micro-batches.
// There are K logical shards; a sample belongs to one of them for the whole run, and step s of an
// epoch takes rows [s * micro_batch, (s + 1) * micro_batch) of every shard, fewer or none at a
// shard's end. (Logical workers: Li et al., "EasyScale", SC'23.)
//
// Shards never grow with their number, so those with rows at a step are always the first ones.
namespace tally {

struct ShardRecipe {
  std::int64_t samples = 0;
  std::int64_t batch_size = 1;
  std::int64_t micro_batch = 1;  ///< divides batch_size
  SampleOrder order = SampleOrder::kShuffled;
  std::uint64_t seed = 0;
};

class ShardPlan {
 public:
  explicit ShardPlan(const ShardRecipe& recipe) : recipe_(recipe) {}

  [[nodiscard]] std::int64_t batch_size() const { return recipe_.batch_size; }
  [[nodiscard]] std::int64_t micro_batch() const { return recipe_.micro_batch; }
  [[nodiscard]] std::uint64_t seed() const { return recipe_.seed; }
  /// K, the number of logical shards and of leaves of a full step.
  [[nodiscard]] std::int64_t shards() const { return recipe_.batch_size / recipe_.micro_batch; }
  [[nodiscard]] std::int64_t shard_size(std::int64_t shard) const;

  [[nodiscard]] std::int64_t steps_per_epoch() const;
  /// Shards [0, leaves(step)) have rows at step `step` of an epoch.
  [[nodiscard]] std::int64_t leaves(std::int64_t step) const;
  /// The rows of `shard` used at step `step` of an epoch, in its order for that epoch.
  [[nodiscard]] Range rows(std::int64_t step, std::int64_t shard) const;
  /// Samples used by all shards at step `step` of an epoch.
  [[nodiscard]] std::int64_t step_samples(std::int64_t step) const;

  /// Every size that a micro-batch may have: a full one's first, then those at the ends of shards.
  [[nodiscard]] std::vector<std::int64_t> micro_batch_sizes() const;
  /// Every number of leaves that a step may have: a full one's, and that of an epoch's last step.
  [[nodiscard]] std::vector<std::int64_t> leaf_counts() const;

  /// Where a sample lives for the whole run.
  struct Place {
    std::uint32_t shard = 0;
    std::uint32_t index = 0;  ///< in the shard's base order
    friend bool operator==(const Place&, const Place&) = default;
  };

  /// The place of each sample 0..samples-1. Shuffled: one permutation by the seed, cut into shards
  /// whose sizes differ by at most one. Sequential: sample i goes to shard floor(i / micro_batch)
  /// mod K, so that step s uses samples [s * batch_size, (s + 1) * batch_size).
  [[nodiscard]] std::vector<Place> deal() const;

  /// Fills `order`, of the size of `shard`, with base-order indices in the order that `epoch` uses
  /// them: permuted by (seed, epoch, shard), or ascending.
  void epoch_order(std::int64_t epoch, std::int64_t shard, std::span<std::uint32_t> order) const;

 private:
  [[nodiscard]] std::vector<Place> deal_shuffled() const;
  [[nodiscard]] std::vector<Place> deal_sequential() const;

  ShardRecipe recipe_;
};

}  // namespace tally
