// SPDX-License-Identifier: MIT
#include "tally/data/shard_store.hpp"

#include <algorithm>
#include <cassert>

#include "tally/core/prefetch.hpp"

namespace tally {

ShardStore::ShardStore(const ShardPlan& plan, Range shards, std::int64_t image_bytes)
    : plan_(plan), shards_(shards), image_bytes_(image_bytes) {
  std::int64_t samples = 0;
  for (std::int64_t shard = shards.begin; shard < shards.end; ++shard) {
    firsts_.push_back(samples);
    samples += plan.shard_size(shard);
  }
  firsts_.push_back(samples);
  pixels_.resize(samples * image_bytes_);
  labels_.resize(samples);
  ids_.resize(samples);
  order_.resize(samples);
}

void ShardStore::put(ShardPlan::Place place, const StoredSample& sample) {
  assert(std::ssize(sample.pixels) == image_bytes_);
  const std::int64_t at = first_of(place.shard) + place.index;
  std::ranges::copy(sample.pixels, pixels_.begin() + at * image_bytes_);
  labels_[at] = sample.label;
  ids_[at] = sample.id;
}

void ShardStore::begin_epoch(std::int64_t epoch) {
  for (std::int64_t shard = shards_.begin; shard < shards_.end; ++shard) {
    plan_.epoch_order(
        epoch, shard,
        std::span(order_).subspan(first_of(shard), first_of(shard + 1) - first_of(shard)));
  }
}

void ShardStore::prefetch(std::int64_t shard, std::int64_t row) const {
  tally::prefetch(std::span(pixels_).subspan(index(shard, row) * image_bytes_, image_bytes_));
}

std::size_t ShardStore::index(std::int64_t shard, std::int64_t row) const {
  const std::int64_t first = first_of(shard);
  return first + order_[first + row];
}

StoredSample ShardStore::sample(std::int64_t shard, std::int64_t row) const {
  const std::size_t at = index(shard, row);
  return {ids_[at], labels_[at], std::span(pixels_).subspan(at * image_bytes_, image_bytes_), at};
}

}  // namespace tally
