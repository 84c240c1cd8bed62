// SPDX-License-Identifier: MIT
#include "tally/train/distributed_evaluation.hpp"

namespace tally {

Evaluation evaluate(const Communicator& communicator, Evaluator& evaluator, const Real* parameters,
                    const EvaluationShare& share) {
  std::vector<double> losses;
  std::int64_t correct = 0;
  communicator.together([&] {
    ChunkFigures figures = evaluator.evaluate(parameters, share.images());
    losses = std::move(figures.losses);
    correct = figures.confusion.correct();
  });
  std::vector<double> all_losses = communicator.gather_all(losses);
  return summarize(all_losses, share.set_samples(), communicator.sum(correct));
}

}  // namespace tally
