// SPDX-License-Identifier: MIT
#include "tree_step.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "block_times.hpp"
#include "tally/core/finite.hpp"
#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// What a leaf holds besides gaps: rows of gradients, and the tail.
std::vector<Range> leaf_values(const ParameterLayout& layout) {
  std::vector<Range> values = layout.rows();
  const auto tail = static_cast<std::int64_t>(layout.size());
  values.push_back({tail, tail + static_cast<std::int64_t>(kLeafTail)});
  return values;
}

}  // namespace

std::size_t leaf_size(const Network& network) {
  return network.layout().size() + kLeafTail;
}

TreeStep::TreeStep(StepContext& context, GradientPlans plans)
    : context_(context), updates_(context.parts.network.layout(), context.options.sgd) {
  const TrainerParts& parts = context.parts;
  for (int thread = 0; thread < parts.team.size(); ++thread) {
    workers_.push_back(
        std::make_unique<LeafWorker>(parts, context.options.kernels, context.at(thread).stopwatch));
  }
  tree_ = std::make_unique<GradientTree>(
      context.node, std::move(plans),
      GradientTree::Options{NodeState::kVectors, adds_in_place(),
                            leaf_values(parts.network.layout()), context.options.reduction,
                            parts.heartbeat.awaited()});
}

bool TreeStep::adds_in_place() {
  return std::ranges::all_of(context_.parts.plan.micro_batch_sizes(), [&](std::int64_t rows) {
    return context_.parts.network.adds_exactly(rows, worker(0).gemm());
  });
}

void TreeStep::begin() {
  tree_->begin(context_.parts.plan.leaves(context_.open.epoch_step));
}

std::uint32_t TreeStep::take(int thread, std::uint32_t flags) {
  compute_leaves(thread);
  flags = sum_gradients(thread, flags);
  update_slice(thread);
  return flags;
}

// An error on one worker must not keep the others waiting: it travels as a flag, and all ranks
// throw it together.
void TreeStep::compute_leaves(int thread) {
  context_.at(thread).error = error_of([&] {
    context_.enter(Phase::kForward, thread);
    worker(thread).begin_step(context_.open.epoch);
    const Range leaves = tree_->leaves_of(thread);
    for (std::int64_t leaf = leaves.begin; leaf < leaves.end; ++leaf) {
      const std::int64_t step = context_.open.epoch_step;
      const MicroBatch next =
          leaf + 1 < leaves.end ? micro_batch(step, leaf + 1) : micro_batch(step + 1, leaves.begin);
      const LeafPlace place = tree_->next_leaf(thread);
      worker(thread).compute(context_.state.parameters(), micro_batch(step, leaf), next, place);
      context_.spoil(Phase::kForward, thread, *place.vector);
      tree_->add_leaf(thread);
      context_.lap(Span::kReduce, thread);
    }
  });
}

MicroBatch TreeStep::micro_batch(std::int64_t epoch_step, std::int64_t shard) const {
  return {shard, context_.parts.plan.rows(epoch_step, shard)};
}

std::uint32_t TreeStep::sum_gradients(int thread, std::uint32_t flags) {
  context_.enter(Phase::kReduce, thread);
  if (!tree_->leaves_of(thread).is_empty()) {
    const Node& node = context_.node;
    context_.spoil(Phase::kReduce, thread, *node.worker_vector(node.worker(thread), 0));
  }
  if (context_.at(thread).error) flags |= kRankFailed;
  flags = tree_->combine(thread, flags);
  context_.lap(Span::kWait, thread);
  return flags;
}

// Each worker its slice, summed and used block by block. A sum that is not finite is left out of
// the parameters and shown to all.
void TreeStep::update_slice(int thread) {
  context_.enter(Phase::kUpdate, thread);
  std::size_t first_bad = kNoElement;
  BlockTimes times(context_.at(thread).stopwatch);
  const Range slice = tree_->slice_of(thread);
  for (auto begin = slice.begin; begin < slice.end; begin += GradientTree::kBlockElements) {
    const Range block{begin, std::min(begin + GradientTree::kBlockElements, slice.end)};
    times.begin_block();
    const float* sum = tree_->block_sum(thread, block);
    times.end_sum();
    const auto size = static_cast<std::size_t>(block.size());
    const std::size_t bad = context_.is_guarded ? first_not_finite({sum, size}) : size;
    if (bad == size) {
      update_block(block, sum);
    } else {
      first_bad = std::min(first_bad, static_cast<std::size_t>(begin) + bad);
    }
    times.end_block();
  }
  if (!slice.is_empty()) {
    context_.spoil(Phase::kUpdate, thread, context_.state.parameters()[slice.begin]);
  }
  if (context_.is_guarded) context_.post_bad_element(thread, first_bad);
  context_.at(thread).stopwatch.lap(Span::kReduce, times.share_of_sums(), Span::kUpdate);
  context_.await_others(thread);
}

// Behind the parameters lies the tail, which is kept as it was summed.
void TreeStep::update_block(Range block, const float* sum) const {
  const auto layout_end = static_cast<std::int64_t>(context_.state.size());
  const Range learned = clipped(block, layout_end);
  if (!learned.is_empty()) {
    updates_.apply(learned, {sum, context_.open.samples}, context_.open.learning_rate,
                   context_.state.velocity(), context_.state.parameters());
  }
  const std::int64_t rest = std::max(block.begin, learned.end);
  std::copy(sum + (rest - block.begin), sum + block.size(), context_.state.parameters() + rest);
}

std::vector<BatchStep::Work> TreeStep::work() const {
  std::vector<Work> all;
  for (const auto& worker : workers_) all.push_back({worker->used_samples(), worker->losses()});
  return all;
}

// Tally's own kernels compute convolutions beside the GEMM of oneDNN.
std::string TreeStep::backend() const {
  const Kernels kernels = context_.options.kernels;
  const bool has_convolutions = std::ranges::any_of(
      context_.parts.network.specs(),
      [](const LayerSpec& layer) { return std::holds_alternative<ConvolutionSpec>(layer.kind); });
  if (!has_convolutions || kernels != Kernels::kOneDnn || !has_kernels(Kernels::kTally)) {
    return kernel_backend(kernels);
  }
  return fmt::format("{}+{}", kernel_backend(kernels), kernel_backend(Kernels::kTally));
}

}  // namespace tally
