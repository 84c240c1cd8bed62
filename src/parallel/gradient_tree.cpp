// SPDX-License-Identifier: MIT
#include "tally/parallel/gradient_tree.hpp"

#include <algorithm>
#include <cassert>

namespace tally {

GradientTree::GradientTree(const Host& host, GradientPlans plans, const Options& options)
    : host_(host),
      plans_(std::move(plans)),
      sums_(host, host.vector_size(), options.adds_in_place),
      packing_(static_cast<std::int64_t>(host.vector_size()), options.values) {
  const auto sources = static_cast<std::size_t>(plans_.worker_partials());
  const JobLayout& job = host.job();
  scratch_.resize(static_cast<std::size_t>(job.threads[static_cast<std::size_t>(job.rank)]));
  for (Scratch& scratch : scratch_) {
    scratch.blocks.reserve(sources);
    scratch.room.resize(std::max<std::size_t>(sources, 1) * kBlockElements);
  }
  if (is_one_host()) return;
  total_ = host.own_vector(options.first_vector);
  for (int i = 0; i < static_cast<int>(plans_.host_partials()); ++i) {
    host_partials_.push_back(host.own_vector(options.first_vector + 1 + i));
  }
  if (host.is_leader()) exchange_ = make_exchange(options);
}

std::unique_ptr<HostExchange> GradientTree::make_exchange(const Options& options) const {
  const ExchangeVectors vectors{host_partials_,
                                {total_, static_cast<std::size_t>(packing_.size())}};
  if (options.reduction == ReductionKind::kMpi) {
    return std::make_unique<MpiExchange>(host_.leaders(), vectors);
  }
  const TreeExchange::Peers peers{host_.leaders(), host_.job().leaders(), options.awaited};
  return std::make_unique<TreeExchange>(peers, plans_.all(), vectors);
}

void GradientTree::begin(std::int64_t leaf_count) {
  plan_ = &plans_.of(leaf_count);
  sums_.begin(*plan_);
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
  return static_cast<std::uint32_t>(host_.posted_by_any(Host::Board::kFlags));
}

void GradientTree::sum_over_host(int thread) {
  const Range slice = slice_of(thread);
  Scratch& scratch = scratch_[static_cast<std::size_t>(thread)];
  for (std::int64_t begin = slice.begin; begin < slice.end; begin += kBlockElements) {
    const Range block{begin, std::min(begin + kBlockElements, slice.end)};
    merge_block(thread, block);
    for (std::size_t i = 0; i < plan_->host_partials.size(); ++i) {
      const float* sum = scratch.blocks[static_cast<std::size_t>(plan_->host_partials[i])];
      packing_.pack(sum, block, host_partials_[i]);
    }
  }
}

Range GradientTree::slice_of(int thread) const {
  return part_of({0, static_cast<std::int64_t>(host_.vector_size())}, host_.workers(),
                 host_.worker(thread), kAlignmentElements);
}

const float* GradientTree::source(std::int64_t position) const {
  const auto [worker, slot] = plan_->worker_partials[static_cast<std::size_t>(position)];
  return host_.worker_vector(worker, static_cast<int>(slot));
}

// Adds the worker partials along the tree within one block. Sums go to this thread's own memory:
// the partials of other workers lie in the caches of other cores, and are read only once.
void GradientTree::merge_block(int thread, Range block) {
  Scratch& scratch = scratch_[static_cast<std::size_t>(thread)];
  scratch.blocks.clear();
  for (std::size_t i = 0; i < plan_->worker_partials.size(); ++i) {
    scratch.blocks.push_back(source(static_cast<std::int64_t>(i)) + block.begin);
  }
  // A sum of two partials gets a place of this thread's, and from then on stands for both: `blocks`
  // at `into` points to it.
  for (const auto& [into, from] : plan_->worker_additions) {
    float* sum = scratch.room.data() + into * kBlockElements;
    const float* left = scratch.blocks[static_cast<std::size_t>(into)];
    const float* right = scratch.blocks[static_cast<std::size_t>(from)];
    for (std::int64_t i = 0; i < block.size(); ++i) sum[i] = left[i] + right[i];
    scratch.blocks[static_cast<std::size_t>(into)] = sum;
  }
}

const float* GradientTree::block_sum(int thread, Range block) {
  if (!is_one_host()) {
    float* sum = scratch_[static_cast<std::size_t>(thread)].room.data();
    packing_.unpack(total_, block, sum);
    return sum;
  }
  merge_block(thread, block);
  return scratch_[static_cast<std::size_t>(thread)]
      .blocks[static_cast<std::size_t>(plan_->host_partials.front())];
}

}  // namespace tally
