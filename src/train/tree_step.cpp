// SPDX-License-Identifier: MIT
#include "tree_step.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "block_times.hpp"
#include "role_sgd.hpp"
#include "tally/core/finite.hpp"
#include "tally/nn/workspace.hpp"
#include "tally/train/step_flags.hpp"

namespace tally {
namespace {

// What a leaf holds besides gaps: rows of gradients, and the tail.
std::vector<Range> leaf_values(const ParameterLayout& layout) {
  std::vector<Range> values = layout.rows();
  const std::int64_t tail = layout.size();
  values.push_back({tail, tail + kLeafTail});
  return values;
}

ElementUpdates updates_of(const ParameterLayout& layout, const Sgd& sgd) {
  ElementUpdates updates;
  for (const ParameterBlock& block : layout.blocks()) {
    const std::int64_t end = aligned_size(block.offset + block.room());
    if (is_learned(block.shape.role)) {
      updates.add_learned(end, sgd_of(sgd, block.shape.role));
    } else {
      updates.add_statistic(end, block.shape.share);
    }
  }
  return updates;
}

}  // namespace

/// What one thread needs to turn a micro-batch into a leaf of the sum.
class TreeStep::Worker {
 public:
  Worker(const TrainerParts& parts, Kernels kernels, Stopwatch& stopwatch)
      : network_(parts.network),
        loss_(parts.loss),
        loader_(parts.plan, parts.samples, parts.copies),
        workspace_(parts.network, parts.plan.micro_batch(), kernels),
        stopwatch_(stopwatch) {}

  void begin_step(std::int64_t epoch) {
    loader_.begin_step(epoch);
    losses_.clear();
  }

  /// Forward, loss and backward. Writes the gradient, summed over the samples, and the tail to
  /// `leaf`, or adds them. Images of `next`, which is computed next, are fetched on the way.
  void compute(const Real* parameters, const MicroBatch& batch, const MicroBatch& next,
               const LeafPlace& leaf);

  /// The samples of all leaves since begin_step(), and their losses.
  [[nodiscard]] Work work() const { return {loader_.used_samples(), losses_}; }

  [[nodiscard]] Gemm& gemm() { return workspace_.gemm(); }

 private:
  const Network& network_;
  const Loss& loss_;
  MicroBatchLoader loader_;
  TrainingWorkspace workspace_;
  std::vector<double> losses_;
  Stopwatch& stopwatch_;
};

void TreeStep::Worker::compute(const Real* parameters, const MicroBatch& batch,
                               const MicroBatch& next, const LeafPlace& leaf) {
  const Batch rows = loader_.load(batch, next, workspace_.inputs(batch.rows.size()).data());
  losses_.resize(loader_.used_samples().size());
  stopwatch_.lap(Activity::kInput);
  const ConstMatrixView outputs = network_.forward(parameters, workspace_, rows);
  const auto losses = std::span(losses_).last(loader_.labels().size());
  const std::int64_t correct =
      loss_.gradient(outputs, loader_.labels(), workspace_.grad_outputs(rows.rows), losses);
  stopwatch_.lap(Activity::kForward);
  network_.backward(parameters, workspace_, rows, leaf.vector, leaf.into);
  Real* tail = leaf.vector + network_.layout().size();
  if (leaf.into == Into::kReplace) tail[kLossElement] = tail[kCorrectElement] = 0;
  tail[kLossElement] += static_cast<Real>(std::accumulate(losses.begin(), losses.end(), 0.0));
  tail[kCorrectElement] += static_cast<Real>(correct);
  stopwatch_.lap(Activity::kBackward);
}

std::size_t leaf_size(const Network& network) {
  return network.layout().size() + kLeafTail;
}

TreeStep::TreeStep(StepContext& context, GradientPlans plans)
    : context_(context), updates_(updates_of(context.parts.network.layout(), context.options.sgd)) {
  const TrainerParts& parts = context.parts;
  for (int thread = 0; thread < parts.team.size(); ++thread) {
    workers_.push_back(
        std::make_unique<Worker>(parts, context.options.kernels, context.at(thread).stopwatch));
  }
  tree_ = std::make_unique<GradientTree>(
      context.host, std::move(plans),
      GradientTree::Options{HostState::kVectors, adds_in_place(),
                            leaf_values(parts.network.layout()), context.options.reduction,
                            parts.heartbeat.awaited()});
}

TreeStep::~TreeStep() = default;

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
      context_.lap(Activity::kReduce, thread);
    }
  });
}

MicroBatch TreeStep::micro_batch(std::int64_t epoch_step, std::int64_t shard) const {
  return {shard, context_.parts.plan.rows(epoch_step, shard)};
}

std::uint32_t TreeStep::sum_gradients(int thread, std::uint32_t flags) {
  context_.enter(Phase::kReduce, thread);
  if (!tree_->leaves_of(thread).is_empty()) {
    const Host& host = context_.host;
    context_.spoil(Phase::kReduce, thread, *host.worker_vector(host.worker(thread), 0));
  }
  if (context_.at(thread).error) flags |= kRankFailed;
  flags = tree_->combine(thread, flags);
  context_.lap(Activity::kWait, thread);
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
    const std::span sums(sum, block.size());
    const std::size_t bad = first_not_finite(sums);
    if (bad == sums.size()) {
      update_block(block, sum);
    } else {
      first_bad = std::min(first_bad, begin + bad);
    }
    times.end_block();
  }
  if (!slice.is_empty()) {
    context_.spoil(Phase::kUpdate, thread, context_.state.parameters()[slice.begin]);
  }
  context_.post_bad_element(thread, first_bad);
  context_.at(thread).stopwatch.lap(Activity::kReduce, times.share_of_sums(), Activity::kUpdate);
  context_.await_others(thread);
}

// Behind the parameters lies the tail, which is kept as it was summed.
void TreeStep::update_block(Range block, const float* sum) const {
  const Range learned = clipped(block, context_.state.size());
  if (!learned.is_empty()) {
    const GradientSum gradient{std::span(sum, learned.size()), context_.open.samples};
    updates_.apply(learned, gradient, context_.open.learning_rate, context_.state.velocity(),
                   context_.state.parameters());
  }
  const std::int64_t rest = std::max(block.begin, learned.end);
  std::copy(sum + (rest - block.begin), sum + block.size(), context_.state.parameters() + rest);
}

std::vector<BatchStep::Work> TreeStep::work() const {
  std::vector<Work> all;
  for (const auto& worker : workers_) all.push_back(worker->work());
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
