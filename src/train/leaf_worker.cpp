// SPDX-License-Identifier: MIT
#include "leaf_worker.hpp"

#include "tally/nn/pixels.hpp"

namespace tally {

LeafWorker::LeafWorker(const Network& network, const Loss& loss, const ShardStore& samples,
                       std::int64_t micro_batch)
    : network_(network), loss_(loss), samples_(samples), workspace_(network, micro_batch) {
  labels_.reserve(static_cast<std::size_t>(micro_batch));
}

ConstMatrixView LeafWorker::forward(const Real* parameters, const MicroBatch& batch) {
  Real* input = workspace_.inputs(batch.rows.size()).data();
  labels_.clear();
  for (std::int64_t row = batch.rows.begin; row < batch.rows.end; ++row) {
    const StoredSample sample = samples_.sample(batch.shard, row);
    scale_pixels(sample.pixels, input);
    input += sample.pixels.size();
    labels_.push_back(sample.label);
    used_.push_back({batch.shard, sample.id});
  }
  return network_.forward(parameters, workspace_, batch.rows.size());
}

void LeafWorker::compute(const Real* parameters, const MicroBatch& batch, Real* leaf) {
  const Index rows = batch.rows.size();
  const ConstMatrixView outputs = forward(parameters, batch);
  const double loss = loss_.gradient(outputs, labels_, workspace_.grad_outputs(rows));
  network_.backward(parameters, workspace_, rows, leaf);
  Real* tail = leaf + network_.layout().size();
  tail[kLossElement] = static_cast<Real>(loss);
  tail[kCorrectElement] = static_cast<Real>(count_correct(outputs, labels_));
}

std::vector<double> LeafWorker::sample_losses(const Real* parameters, const MicroBatch& batch) {
  std::vector<double> losses;
  for (std::int64_t row = batch.rows.begin; row < batch.rows.end; ++row) {
    const MicroBatch single{batch.shard, {row, row + 1}};
    losses.push_back(loss_.value(forward(parameters, single), labels_));
  }
  return losses;
}

}  // namespace tally
