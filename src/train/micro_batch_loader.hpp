// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tally/data/shard_plan.hpp"
#include "tally/data/shard_store.hpp"
#include "tally/nn/layer.hpp"
#include "tally/train/sample_copies.hpp"
#include "tally/train/used_sample.hpp"

// Private to layer train.
namespace tally {

/// The rows of one logical shard that a step uses.
struct MicroBatch {
  std::int64_t shard = 0;
  Range rows;
};

/// Turns bytes of a shard into the input of a micro-batch, and remembers what it has loaded since a
/// step began. For one thread.
class MicroBatchLoader {
 public:
  /// `copies` are what is loaded instead of the samples, unless it is null. All of them must
  /// outlive the loader.
  MicroBatchLoader(const ShardPlan& plan, const ShardStore& samples, SampleCopies* copies);

  /// Forgets what was loaded.
  void begin_step(std::int64_t epoch);

  /// Writes the images of `batch` to `inputs` [rows x pixels]. Images of `next`, which is loaded
  /// next, are fetched from memory on the way. What the batch is lasts until the next call.
  Batch load(const MicroBatch& batch, const MicroBatch& next, Real* inputs);

  /// Of the last micro-batch: the label of each row, and its bytes as they went in.
  [[nodiscard]] std::span<const std::uint8_t> labels() const { return labels_; }
  [[nodiscard]] std::span<const std::span<const std::uint8_t>> images() const { return images_; }

  /// All samples since the step began, in order.
  [[nodiscard]] std::span<const UsedSample> used_samples() const { return used_; }

 private:
  std::span<const std::uint8_t> augmented(const StoredSample& sample);
  void prefetch(std::int64_t shard, std::int64_t row) const;

  const ShardPlan& plan_;
  const ShardStore& samples_;
  SampleCopies* copies_;
  std::optional<Augmenter::Scratch> scratch_;
  std::uint32_t epoch_ = 0;

  // Of the last micro-batch; sized for a full one.
  std::vector<std::uint8_t> labels_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::span<const std::uint8_t>> images_;
  std::vector<std::uint8_t> fresh_;  // copies that are not kept
  std::vector<UsedSample> used_;
};

}  // namespace tally
