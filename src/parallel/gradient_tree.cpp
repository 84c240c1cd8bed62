// SPDX-License-Identifier: MIT
#include "tally/parallel/gradient_tree.hpp"

#include <algorithm>
#include <utility>

namespace tally {

GradientTree::GradientTree(const Host& host, GradientPlans plans, const Options& options)
    : host_(host),
      plans_(std::move(plans)),
      adds_in_place_(options.adds_in_place),
      packing_(host.vector_size(), options.values) {
  const std::int64_t sources = plans_.worker_partials();
  const JobLayout& job = host.job();
  threads_.resize(job.threads[job.rank]);
  for (Thread& thread : threads_) {
    thread.blocks.reserve(sources);
    thread.room.resize(std::max<std::int64_t>(sources, 1) * kBlockElements);
  }
  if (is_one_host()) return;
  total_ = host.own_vector(options.first_vector);
  for (std::int64_t i = 0; i < plans_.host_partials(); ++i) {
    host_partials_.push_back(host.own_vector(options.first_vector + 1 + i));
  }
  if (host.is_leader()) exchange_ = make_exchange(options);
}

std::unique_ptr<HostExchange> GradientTree::make_exchange(const Options& options) const {
  const ExchangeVectors vectors{host_partials_, std::span(total_, packing_.size())};
  if (options.reduction == ReductionKind::kMpi) {
    return std::make_unique<MpiExchange>(host_.leaders(), vectors);
  }
  const TreeExchange::Peers peers{host_.leaders(), host_.job().leaders(), options.awaited};
  return std::make_unique<TreeExchange>(peers, plans_.all(), vectors);
}

void GradientTree::begin(std::int64_t leaf_count) {
  plan_ = &plans_.of(leaf_count);
  for (int i = 0; i < std::ssize(threads_); ++i) {
    Thread& thread = at(i);
    while (std::ssize(thread.slots) < plan_->slots_per_worker) {
      thread.slots.push_back(host_.worker_vector(host_.worker(i), std::ssize(thread.slots)));
    }
    thread.stack.reserve(plan_->slots_per_worker + 1);
    thread.stack.reset(leaf_count);
    thread.next = leaves_of(i).begin;
  }
}

Range GradientTree::leaves_of(int thread) const {
  return plan_->worker_leaves[host_.worker(thread)];
}

bool GradientTree::follows_sibling(const Thread& thread) const {
  const auto& waiting = thread.stack.entries();
  return adds_in_place_ && thread.next % 2 == 1 && !waiting.empty() &&
         waiting.back().subtree == Subtree{0, thread.next - 1};
}

// A leaf takes the first vector behind those of the sums that wait: as in a binary counter, the
// number of vectors in use is that of the waiting sums, and one.
LeafPlace GradientTree::next_leaf(int thread) const {
  const Thread& own = at(thread);
  if (follows_sibling(own)) {
    return {own.slots[own.stack.entries().back().slot], Into::kAdd};
  }
  return {own.slots[own.stack.entries().size()], Into::kReplace};
}

void GradientTree::add_leaf(int thread) {
  Thread& own = at(thread);
  const Range whole{0, host_.vector_size()};
  bool is_added = follows_sibling(own);
  own.stack.push({0, own.next++}, std::ssize(own.stack.entries()), [&](Addition addition) {
    if (std::exchange(is_added, false)) return;
    add_vectors(own.slots[addition.into], own.slots[addition.from], whole);
  });
}

// On one host a single wait: every leaf is there, and each worker may read the partials of all. On
// several hosts two more: until the host's own sums are complete for the leader to send, and until
// the leader has the total.
std::uint32_t GradientTree::combine(int thread, std::uint32_t flags) {
  host_.post(Host::Board::kFlags, host_.worker(thread), flags);
  host_.wait();
  flags = flags_of_host();
  if (is_one_host()) return flags;
  sum_over_host(thread);
  host_.wait();
  // All have read the flags of their host: the leader's place now takes those of all hosts.
  if (thread == 0 && host_.is_leader()) {
    flags = exchange_->sum(*plan_, flags);
    host_.post(Host::Board::kFlags, 0, flags);
  }
  host_.wait();
  return flags_of_host();
}

std::uint32_t GradientTree::flags_of_host() const {
  return host_.posted_by_any(Host::Board::kFlags);
}

void GradientTree::sum_over_host(int thread) {
  const Range slice = slice_of(thread);
  Thread& own = at(thread);
  for (std::int64_t begin = slice.begin; begin < slice.end; begin += kBlockElements) {
    const Range block{begin, std::min(begin + kBlockElements, slice.end)};
    merge_block(own, block);
    for (std::size_t i = 0; i < plan_->host_partials.size(); ++i) {
      const float* sum = own.blocks[plan_->host_partials[i]];
      packing_.pack(sum, block, host_partials_[i]);
    }
  }
}

Range GradientTree::slice_of(int thread) const {
  return part_of({0, host_.vector_size()}, host_.workers(), host_.worker(thread),
                 kAlignmentElements);
}

// Adds the worker partials along the tree within one block. Sums go to this thread's own memory:
// the partials of other workers lie in the caches of other cores, and are read only once.
void GradientTree::merge_block(Thread& thread, Range block) const {
  thread.blocks.clear();
  for (const auto& [worker, slot] : plan_->worker_partials) {
    thread.blocks.push_back(host_.worker_vector(worker, slot) + block.begin);
  }
  // A sum of two partials gets a place of this thread's, and from then on stands for both: `blocks`
  // at `into` points to it.
  for (const auto& [into, from] : plan_->worker_additions) {
    float* sum = thread.room.data() + into * kBlockElements;
    const float* left = thread.blocks[into];
    const float* right = thread.blocks[from];
    for (std::int64_t i = 0; i < block.size(); ++i) sum[i] = left[i] + right[i];
    thread.blocks[into] = sum;
  }
}

const float* GradientTree::block_sum(int thread, Range block) {
  Thread& own = at(thread);
  if (!is_one_host()) {
    packing_.unpack(total_, block, own.room.data());
    return own.room.data();
  }
  merge_block(own, block);
  return own.blocks[plan_->host_partials.front()];
}

}  // namespace tally
