// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/large_array.hpp"
#include "tally/core/range.hpp"
#include "tally/data/shard_plan.hpp"

namespace tally {

/// One labelled image as a store holds it.
struct StoredSample {
  std::uint32_t id = 0;  ///< its number in the file of training images
  std::uint8_t label = 0;
  std::span<const std::uint8_t> pixels;
  std::size_t index = 0;  ///< which of a store's samples it is, in no particular order
};

/// The samples of the logical shards of one rank: memory for these and no others. Rows are
/// addressed in the order of the open epoch.
class ShardStore {
 public:
  /// Room for the shards in `shards`. `plan` must outlive the store.
  ShardStore(const ShardPlan& plan, Range shards, std::int64_t image_bytes);

  [[nodiscard]] std::int64_t size() const { return std::ssize(labels_); }

  [[nodiscard]] std::int64_t image_bytes() const { return image_bytes_; }

  /// Puts a sample in its place, which must be in one of these shards.
  void put(ShardPlan::Place place, const StoredSample& sample);

  /// Opens `epoch`: permutes the rows of each shard for it.
  void begin_epoch(std::int64_t epoch);

  /// Asks the processor to bring row `row` of `shard` close: rows lie scattered over memory.
  void prefetch(std::int64_t shard, std::int64_t row) const;

  /// The index of that sample.
  [[nodiscard]] std::size_t index(std::int64_t shard, std::int64_t row) const;

  /// Row `row` of `shard` in the open epoch.
  [[nodiscard]] StoredSample sample(std::int64_t shard, std::int64_t row) const;

 private:
  [[nodiscard]] std::int64_t first_of(std::int64_t shard) const {
    return firsts_[shard - shards_.begin];
  }

  const ShardPlan& plan_;
  Range shards_;
  std::int64_t image_bytes_;
  std::vector<std::int64_t> firsts_;  // where each shard begins, and the end
  LargeArray<std::uint8_t> pixels_;
  std::vector<std::uint8_t> labels_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint32_t> order_;  // per shard: base-order index of each row
};

}  // namespace tally
