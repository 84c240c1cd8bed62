// SPDX-License-Identifier: MIT
#include "micro_batch_loader.hpp"

#include <algorithm>

#include "tally/nn/pixels.hpp"

namespace tally {

MicroBatchLoader::MicroBatchLoader(const ShardPlan& plan, const ShardStore& samples,
                                   SampleCopies* copies)
    : plan_(plan), samples_(samples), copies_(copies) {
  const std::int64_t rows = plan.micro_batch();
  labels_.reserve(rows);
  ids_.reserve(rows);
  images_.reserve(rows);
  if (copies == nullptr) return;
  scratch_.emplace(copies->image_size());
  fresh_.reserve(rows * samples.image_bytes());
}

void MicroBatchLoader::begin_step(std::int64_t epoch) {
  epoch_ = static_cast<std::uint32_t>(epoch);
  used_.clear();
}

Batch MicroBatchLoader::load(const MicroBatch& batch, const MicroBatch& next, Real* inputs) {
  labels_.clear();
  ids_.clear();
  images_.clear();
  fresh_.clear();
  std::int64_t next_row = next.rows.begin;
  for (std::int64_t row = batch.rows.begin; row < batch.rows.end; ++row) {
    const StoredSample sample = samples_.sample(batch.shard, row);
    images_.push_back(copies_ == nullptr ? sample.pixels : augmented(sample));
    scale_pixels(images_.back(), inputs);
    if (next_row < next.rows.end) prefetch(next.shard, next_row++);
    inputs += sample.pixels.size();
    labels_.push_back(sample.label);
    ids_.push_back(sample.id);
    used_.push_back({batch.shard, sample.id});
  }
  return {batch.rows.size(), Mode::kTrain, plan_.seed(), epoch_, ids_};
}

std::span<const std::uint8_t> MicroBatchLoader::augmented(const StoredSample& sample) {
  const std::size_t begin = fresh_.size();
  fresh_.resize(begin + sample.pixels.size());  // reserved: nothing moves
  return copies_->copy(sample, *scratch_, std::span(fresh_).subspan(begin));
}

void MicroBatchLoader::prefetch(std::int64_t shard, std::int64_t row) const {
  samples_.prefetch(shard, row);
  if (copies_ != nullptr) copies_->prefetch(samples_.index(shard, row));
}

}  // namespace tally
