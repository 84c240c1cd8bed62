// SPDX-License-Identifier: MIT
#include "tally/parallel/gradient_tree.hpp"

#include <algorithm>
#include <cassert>

namespace tally {
namespace {

std::vector<ReductionPlan> plans_of(const GradientTree::Shape& shape, const JobLayout& job) {
  std::vector<ReductionPlan> plans;
  for (const std::int64_t leaf_count : shape.leaf_counts) {
    plans.emplace_back(shape.shards, leaf_count, job);
  }
  return plans;
}

template <typename Size>
std::int64_t largest(const std::vector<ReductionPlan>& plans, Size&& size_of) {
  std::int64_t most = 0;
  for (const ReductionPlan& plan : plans) most = std::max<std::int64_t>(most, size_of(plan));
  return most;
}

}  // namespace

GradientTree::GradientTree(Node& node, const Shape& shape, const Options& options)
    : node_(node),
      vector_size_(shape.vector_size),
      own_vectors_(options.own_vectors),
      plans_(plans_of(shape, node.job())),
      leaves_(node, shape.vector_size, shape.adds_in_place),
      packing_(static_cast<std::int64_t>(shape.vector_size), shape.values) {
  const auto slots = largest(plans_, [](const auto& plan) { return plan.slots_per_worker; });
  const auto partials = largest(plans_, [](const auto& plan) { return plan.node_partials.size(); });
  const auto sources =
      largest(plans_, [](const auto& plan) { return plan.worker_partials.size(); });
  const auto exchanged = is_one_node() ? 0 : 1 + static_cast<int>(partials);
  node.allocate(vector_size_, own_vectors_ + exchanged, static_cast<int>(slots));

  const JobLayout& job = node.job();
  scratch_.resize(static_cast<std::size_t>(job.threads[static_cast<std::size_t>(job.rank)]));
  for (Scratch& scratch : scratch_) {
    scratch.blocks.reserve(static_cast<std::size_t>(sources));
    scratch.room.resize(
        static_cast<std::size_t>(std::max<std::int64_t>(sources, 1) * kBlockElements));
  }
  if (is_one_node()) return;
  total_ = node.node_vector(own_vectors_);
  for (int i = 0; i < static_cast<int>(partials); ++i) {
    node_partials_.push_back(node.node_vector(own_vectors_ + 1 + i));
  }
  if (node.is_leader()) exchange_ = make_exchange(options);
}

std::unique_ptr<NodeExchange> GradientTree::make_exchange(const Options& options) const {
  const ExchangeVectors vectors{node_partials_,
                                {total_, static_cast<std::size_t>(packing_.size())}};
  if (options.exchange == ExchangeKind::kMpi) {
    return std::make_unique<MpiExchange>(node_.leaders(), vectors);
  }
  const TreeExchange::Peers peers{node_.leaders(), node_.job().leaders(), options.awaited};
  return std::make_unique<TreeExchange>(peers, plans_, vectors);
}

void GradientTree::begin(std::int64_t leaf_count) {
  const auto found = std::ranges::find(plans_, leaf_count, &ReductionPlan::leaf_count);
  assert(found != plans_.end());
  plan_ = &*found;
  leaves_.begin(*plan_);
}

std::uint32_t GradientTree::combine(int thread, std::uint32_t flags) {
  node_.post(Node::Board::kFirst, node_.worker(thread), flags);
  node_.wait();
  flags = flags_of_node();
  if (is_one_node()) return flags;
  sum_over_node(thread);
  node_.wait();
  // All have read the flags of their node: the leader's place now takes those of all nodes.
  if (thread == 0 && node_.is_leader()) {
    flags = exchange_->sum(*plan_, flags);
    node_.post(Node::Board::kFirst, 0, flags);
  }
  node_.wait();
  return flags_of_node();
}

std::uint32_t GradientTree::flags_of_node() const {
  return static_cast<std::uint32_t>(node_.posted_by_any(Node::Board::kFirst));
}

void GradientTree::sum_over_node(int thread) {
  const Range slice = slice_of(thread);
  Scratch& scratch = scratch_[static_cast<std::size_t>(thread)];
  for (std::int64_t begin = slice.begin; begin < slice.end; begin += kBlockElements) {
    const Range block{begin, std::min(begin + kBlockElements, slice.end)};
    merge_block(thread, block);
    for (std::size_t i = 0; i < plan_->node_partials.size(); ++i) {
      const float* sum = scratch.blocks[static_cast<std::size_t>(plan_->node_partials[i])];
      packing_.pack(sum, block, node_partials_[i]);
    }
  }
}

Range GradientTree::slice_of(int thread) const {
  return part_of({0, static_cast<std::int64_t>(vector_size_)}, node_.workers(),
                 node_.worker(thread), kAlignmentElements);
}

const float* GradientTree::source(std::int64_t position) const {
  const auto [worker, slot] = plan_->worker_partials[static_cast<std::size_t>(position)];
  return node_.worker_vector(worker, static_cast<int>(slot));
}

// Adds the worker partials along the tree within one block. Sums go to this thread's own memory:
// the partials of other workers lie in the caches of other cores, and are read only once.
void GradientTree::merge_block(int thread, Range block) {
  Scratch& scratch = scratch_[static_cast<std::size_t>(thread)];
  scratch.blocks.clear();
  for (std::size_t i = 0; i < plan_->worker_partials.size(); ++i) {
    scratch.blocks.push_back(source(static_cast<std::int64_t>(i)) + block.begin);
  }
  for (const auto& [into, from] : plan_->worker_additions) {
    float* sum = scratch.room.data() + into * kBlockElements;
    const float* left = scratch.blocks[static_cast<std::size_t>(into)];
    const float* right = scratch.blocks[static_cast<std::size_t>(from)];
    for (std::int64_t i = 0; i < block.size(); ++i) sum[i] = left[i] + right[i];
    scratch.blocks[static_cast<std::size_t>(into)] = sum;
  }
}

const float* GradientTree::block_sum(int thread, Range block) {
  if (!is_one_node()) {
    float* sum = scratch_[static_cast<std::size_t>(thread)].room.data();
    packing_.unpack(total_, block, sum);
    return sum;
  }
  merge_block(thread, block);
  return scratch_[static_cast<std::size_t>(thread)]
      .blocks[static_cast<std::size_t>(plan_->node_partials.front())];
}

}  // namespace tally
