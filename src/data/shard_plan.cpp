// SPDX-License-Identifier: MIT
#include "tally/data/shard_plan.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "tally/core/random.hpp"

namespace tally {
namespace {

void add_if_new(std::vector<std::int64_t>& values, std::int64_t value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

}  // namespace

std::int64_t ShardPlan::shard_size(std::int64_t shard) const {
  if (recipe_.order == SampleOrder::kShuffled) {
    return recipe_.samples / shards() + (shard < recipe_.samples % shards() ? 1 : 0);
  }
  const std::int64_t whole_batches = recipe_.samples / recipe_.batch_size;
  const std::int64_t last_batch = recipe_.samples % recipe_.batch_size;
  return whole_batches * recipe_.micro_batch +
         std::clamp<std::int64_t>(last_batch - shard * recipe_.micro_batch, 0, recipe_.micro_batch);
}

std::int64_t ShardPlan::steps_per_epoch() const {
  return (shard_size(0) + recipe_.micro_batch - 1) / recipe_.micro_batch;
}

std::int64_t ShardPlan::leaves(std::int64_t step) const {
  std::int64_t first_empty = shards();
  while (first_empty > 0 && rows(step, first_empty - 1).is_empty()) --first_empty;
  return first_empty;
}

Range ShardPlan::rows(std::int64_t step, std::int64_t shard) const {
  return clipped({step * recipe_.micro_batch, (step + 1) * recipe_.micro_batch}, shard_size(shard));
}

std::int64_t ShardPlan::step_samples(std::int64_t step) const {
  const std::int64_t count = leaves(step);
  std::int64_t samples = 0;
  for (std::int64_t shard = 0; shard < count; ++shard) samples += rows(step, shard).size();
  return samples;
}

std::vector<std::int64_t> ShardPlan::micro_batch_sizes() const {
  std::vector<std::int64_t> sizes = {rows(0, 0).size()};
  const std::int64_t last = steps_per_epoch() - 1;
  for (std::int64_t shard = 0; shard < leaves(last); ++shard) {
    add_if_new(sizes, rows(last, shard).size());
  }
  return sizes;
}

std::vector<std::int64_t> ShardPlan::leaf_counts() const {
  std::vector<std::int64_t> counts = {leaves(0)};
  add_if_new(counts, leaves(steps_per_epoch() - 1));
  return counts;
}

std::vector<ShardPlan::Place> ShardPlan::deal() const {
  return recipe_.order == SampleOrder::kShuffled ? deal_shuffled() : deal_sequential();
}

std::vector<ShardPlan::Place> ShardPlan::deal_shuffled() const {
  std::vector<std::uint32_t> samples(recipe_.samples);
  std::iota(samples.begin(), samples.end(), 0U);
  RandomStream stream(recipe_.seed, Purpose::kDeal);
  shuffle(std::span(samples), stream);

  std::vector<Place> places(samples.size());
  auto next = samples.begin();
  for (std::int64_t shard = 0; shard < shards(); ++shard) {
    for (std::int64_t index = 0; index < shard_size(shard); ++index) {
      places[*next++] = {static_cast<std::uint32_t>(shard), static_cast<std::uint32_t>(index)};
    }
  }
  return places;
}

std::vector<ShardPlan::Place> ShardPlan::deal_sequential() const {
  std::vector<Place> places;
  places.reserve(recipe_.samples);
  for (std::int64_t sample = 0; sample < recipe_.samples; ++sample) {
    const std::int64_t index =
        sample / recipe_.batch_size * recipe_.micro_batch + sample % recipe_.micro_batch;
    places.push_back({static_cast<std::uint32_t>(sample / recipe_.micro_batch % shards()),
                      static_cast<std::uint32_t>(index)});
  }
  return places;
}

void ShardPlan::epoch_order(std::int64_t epoch, std::int64_t shard,
                            std::span<std::uint32_t> order) const {
  assert(std::ssize(order) == shard_size(shard));
  std::iota(order.begin(), order.end(), 0U);
  if (recipe_.order == SampleOrder::kSequential) return;
  RandomStream stream(recipe_.seed, Purpose::kEpochOrder, static_cast<std::uint32_t>(epoch),
                      static_cast<std::uint32_t>(shard));
  shuffle(order, stream);
}

}  // namespace tally
