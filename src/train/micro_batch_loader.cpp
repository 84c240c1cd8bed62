// SPDX-License-Identifier: MIT
#include "micro_batch_loader.hpp"

#include <algorithm>

#include "tally/nn/pixels.hpp"

namespace tally {

MicroBatchLoader::MicroBatchLoader(const ShardPlan& plan, const ShardStore& samples,
                                   const SampleTransform* transform)
    : plan_(plan), samples_(samples), transform_(transform) {
  const std::int64_t rows = plan.micro_batch();
  labels_.reserve(rows);
  ids_.reserve(rows);
  images_.reserve(rows);
  if (transform != nullptr) changed_.reserve(rows * samples.image_bytes());
}

void MicroBatchLoader::begin_step(std::int64_t epoch) {
  epoch_ = static_cast<std::uint32_t>(epoch);
  used_.clear();
}

Batch MicroBatchLoader::load(const MicroBatch& batch, const MicroBatch& next, Real* inputs) {
  labels_.clear();
  ids_.clear();
  images_.clear();
  changed_.clear();
  std::int64_t next_row = next.rows.begin;
  for (std::int64_t row = batch.rows.begin; row < batch.rows.end; ++row) {
    const StoredSample sample = samples_.sample(batch.shard, row);
    images_.push_back(transform_ == nullptr ? sample.pixels : transformed(sample));
    scale_pixels(images_.back(), inputs);
    if (next_row < next.rows.end) samples_.prefetch(next.shard, next_row++);
    inputs += sample.pixels.size();
    labels_.push_back(sample.label);
    ids_.push_back(sample.id);
    used_.push_back({batch.shard, sample.id});
  }
  return {batch.rows.size(), Mode::kTrain, plan_.seed(), epoch_, ids_};
}

std::span<const std::uint8_t> MicroBatchLoader::transformed(const StoredSample& sample) {
  const std::size_t begin = changed_.size();
  changed_.resize(begin + sample.pixels.size());  // reserved: nothing moves
  const auto place = std::span(changed_).subspan(begin);
  transform_->apply({plan_.seed(), epoch_, sample.id}, sample.pixels, place);
  return place;
}

}  // namespace tally
