// SPDX-License-Identifier: MIT
#include "leaf_worker.hpp"

#include <numeric>

#include "node_state.hpp"

namespace tally {

LeafWorker::LeafWorker(const TrainerParts& parts, Kernels kernels, Stopwatch& stopwatch)
    : network_(parts.network),
      loss_(parts.loss),
      loader_(parts.plan, parts.samples, parts.copies),
      workspace_(parts.network, parts.plan.micro_batch(), kernels),
      stopwatch_(stopwatch) {}

void LeafWorker::begin_step(std::int64_t epoch) {
  loader_.begin_step(epoch);
  losses_.clear();
}

void LeafWorker::compute(const Real* parameters, const MicroBatch& batch, const MicroBatch& next,
                         const LeafPlace& leaf) {
  const Batch rows = loader_.load(batch, next, workspace_.inputs(batch.rows.size()).data());
  losses_.resize(loader_.used_samples().size());
  stopwatch_.lap(Span::kInput);
  const ConstMatrixView outputs = network_.forward(parameters, workspace_, rows);
  const auto losses = std::span(losses_).last(loader_.labels().size());
  const std::int64_t correct =
      loss_.gradient(outputs, loader_.labels(), workspace_.grad_outputs(rows.rows), losses);
  stopwatch_.lap(Span::kForward);
  network_.backward(parameters, workspace_, rows, leaf.vector, leaf.into);
  Real* tail = leaf.vector + network_.layout().size();
  if (leaf.into == Into::kReplace) tail[kLossElement] = tail[kCorrectElement] = 0;
  tail[kLossElement] += static_cast<Real>(std::accumulate(losses.begin(), losses.end(), 0.0));
  tail[kCorrectElement] += static_cast<Real>(correct);
  stopwatch_.lap(Span::kBackward);
}

}  // namespace tally
