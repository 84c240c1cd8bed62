// SPDX-License-Identifier: MIT
#include "leaf_worker.hpp"

#include <numeric>

#include "tally/nn/pixels.hpp"

namespace tally {

LeafWorker::LeafWorker(const Network& network, const Loss& loss, const ShardStore& samples,
                       std::int64_t micro_batch, Kernels kernels)
    : network_(network), loss_(loss), samples_(samples), workspace_(network, micro_batch, kernels) {
  labels_.reserve(static_cast<std::size_t>(micro_batch));
}

void LeafWorker::begin_step() {
  used_.clear();
  losses_.clear();
}

void LeafWorker::load(const MicroBatch& batch, const MicroBatch& next) {
  std::int64_t next_row = next.rows.begin;
  Real* input = workspace_.inputs(batch.rows.size()).data();
  labels_.clear();
  for (std::int64_t row = batch.rows.begin; row < batch.rows.end; ++row) {
    const StoredSample sample = samples_.sample(batch.shard, row);
    scale_pixels(sample.pixels, input);
    if (next_row < next.rows.end) samples_.prefetch(next.shard, next_row++);
    input += sample.pixels.size();
    labels_.push_back(sample.label);
    used_.push_back({batch.shard, sample.id});
  }
  losses_.resize(used_.size());
}

void LeafWorker::compute(const Real* parameters, const MicroBatch& batch, const MicroBatch& next,
                         const LeafPlace& leaf) {
  load(batch, next);
  stopwatch_.lap(Span::kInput);
  const Index rows = batch.rows.size();
  const ConstMatrixView outputs = network_.forward(parameters, workspace_, {rows});
  const auto losses = std::span(losses_).last(labels_.size());
  const std::int64_t correct =
      loss_.gradient(outputs, labels_, workspace_.grad_outputs(rows), losses);
  stopwatch_.lap(Span::kForward);
  network_.backward(parameters, workspace_, {rows}, leaf.vector, leaf.into);
  Real* tail = leaf.vector + network_.layout().size();
  if (leaf.into == Into::kReplace) tail[kLossElement] = tail[kCorrectElement] = 0;
  tail[kLossElement] += static_cast<Real>(std::accumulate(losses.begin(), losses.end(), 0.0));
  tail[kCorrectElement] += static_cast<Real>(correct);
  stopwatch_.lap(Span::kBackward);
}

}  // namespace tally
