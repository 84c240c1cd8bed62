// SPDX-License-Identifier: MIT
#include "tally/parallel/leaf_sums.hpp"

#include <utility>

namespace tally {

LeafSums::LeafSums(const Host& host, std::size_t vector_size, bool adds_in_place)
    : host_(host), vector_size_(vector_size), adds_in_place_(adds_in_place) {
  const JobLayout& job = host.job();
  threads_.resize(static_cast<std::size_t>(job.threads[static_cast<std::size_t>(job.rank)]));
}

void LeafSums::begin(const ReductionPlan& plan) {
  plan_ = &plan;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    const int worker = host_.worker(static_cast<int>(i));
    while (static_cast<std::int64_t>(thread.slots.size()) < plan.slots_per_worker) {
      thread.slots.push_back(host_.worker_vector(worker, static_cast<int>(thread.slots.size())));
    }
    thread.stack.reserve(plan.slots_per_worker + 1);
    thread.stack.reset(plan.leaf_count);
    thread.next = leaves(static_cast<int>(i)).begin;
  }
}

Range LeafSums::leaves(int thread) const {
  return plan_->worker_leaves[static_cast<std::size_t>(host_.worker(thread))];
}

bool LeafSums::follows_sibling(const Thread& thread) const {
  const auto& waiting = thread.stack.entries();
  return adds_in_place_ && thread.next % 2 == 1 && !waiting.empty() &&
         waiting.back().subtree == Subtree{0, thread.next - 1};
}

// A leaf takes the first vector behind those of the sums that wait: as in a binary counter, the
// number of vectors in use is that of the waiting sums, and one.
LeafPlace LeafSums::next_leaf(int thread) const {
  const Thread& own = threads_[static_cast<std::size_t>(thread)];
  if (follows_sibling(own)) {
    const auto slot = static_cast<std::size_t>(own.stack.entries().back().slot);
    return {own.slots[slot], Into::kAdd};
  }
  return {own.slots[own.stack.entries().size()], Into::kReplace};
}

void LeafSums::add_leaf(int thread) {
  Thread& own = threads_[static_cast<std::size_t>(thread)];
  const Range whole{0, static_cast<std::int64_t>(vector_size_)};
  const auto slot = static_cast<std::int64_t>(own.stack.entries().size());
  bool is_added = follows_sibling(own);
  own.stack.push({0, own.next++}, slot, [&](Addition addition) {
    if (std::exchange(is_added, false)) return;
    add_vectors(own.slots[static_cast<std::size_t>(addition.into)],
                own.slots[static_cast<std::size_t>(addition.from)], whole);
  });
}

void add_vectors(float* into, const float* from, Range range) {
  for (std::int64_t i = range.begin; i < range.end; ++i) into[i] += from[i];
}

}  // namespace tally
