// SPDX-License-Identifier: MIT
#include "tally/parallel/leaf_sums.hpp"

#include <algorithm>
#include <cassert>

namespace tally {

LeafSums::LeafSums(std::size_t vector_size, std::int64_t shards,
                   std::span<const std::int64_t> leaf_counts, const Workers& workers)
    : vector_size_(vector_size), threads_(static_cast<std::size_t>(workers.threads)) {
  std::int64_t slots = 0;
  std::size_t sources = 0;
  for (const std::int64_t leaf_count : leaf_counts) {
    plans_.emplace_back(shards, leaf_count, workers);
    slots = std::max(slots, plans_.back().slots_per_thread);
    sources = std::max(sources, plans_.back().thread_partials.size());
  }
  // Each thread allocates and so first touches its own memory.
  ThreadTeam(workers.threads).run([&](int member) {
    Thread& thread = threads_[static_cast<std::size_t>(member)];
    thread.slots.assign(static_cast<std::size_t>(slots), AlignedArray<float>(vector_size));
    thread.stack.reserve(slots + 1);
  });
  sources_.reserve(sources);
  partials_.reserve(sources);
}

void LeafSums::begin(std::int64_t leaf_count) {
  const auto found = std::ranges::find(plans_, leaf_count, &ReductionPlan::leaf_count);
  assert(found != plans_.end());
  plan_ = &*found;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    threads_[i].stack.reset(leaf_count);
    threads_[i].next = plan_->thread_leaves[i].begin;
  }
}

Range LeafSums::leaves(int thread) const {
  return plan_->thread_leaves[static_cast<std::size_t>(thread)];
}

float* LeafSums::next_leaf(int thread) {
  Thread& own = threads_[static_cast<std::size_t>(thread)];
  return own.slots[own.stack.entries().size()].data();
}

void LeafSums::add_leaf(int thread) {
  Thread& own = threads_[static_cast<std::size_t>(thread)];
  const Range whole{0, static_cast<std::int64_t>(vector_size_)};
  const auto slot = static_cast<std::int64_t>(own.stack.entries().size());
  own.stack.push({0, own.next++}, slot, [&](Addition addition) {
    add_vectors(own.slots[static_cast<std::size_t>(addition.into)].data(),
                own.slots[static_cast<std::size_t>(addition.from)].data(), whole);
  });
}

std::span<float* const> LeafSums::merge(const ThreadTeam& team) {
  sources_.clear();
  for (const auto& [thread, slot] : plan_->thread_partials) {
    sources_.push_back(
        threads_[static_cast<std::size_t>(thread)].slots[static_cast<std::size_t>(slot)].data());
  }
  if (!plan_->thread_additions.empty()) {
    const Range whole{0, static_cast<std::int64_t>(vector_size_)};
    team.run([&](int member) {
      const Range slice = part_of(whole, team.size(), member, kAlignmentElements);
      for (const auto& [into, from] : plan_->thread_additions) {
        add_vectors(sources_[static_cast<std::size_t>(into)],
                    sources_[static_cast<std::size_t>(from)], slice);
      }
    });
  }
  partials_.clear();
  for (const std::int64_t position : plan_->rank_partials) {
    partials_.push_back(sources_[static_cast<std::size_t>(position)]);
  }
  return partials_;
}

void add_vectors(float* into, const float* from, Range range) {
  for (std::int64_t i = range.begin; i < range.end; ++i) into[i] += from[i];
}

}  // namespace tally
