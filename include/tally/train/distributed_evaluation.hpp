// SPDX-License-Identifier: MIT
#pragma once

#include "tally/nn/evaluator.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/train/rank_data.hpp"

namespace tally {

/// Evaluates a set whose parts lie on all ranks: every image once, counts as whole numbers, losses
/// in tree order over the chunks of the set. The result is the same on all ranks and for any number
/// of them. Collective: every rank must call.
Evaluation evaluate(const Communicator& communicator, Evaluator& evaluator, const Real* parameters,
                    const EvaluationShare& share);

}  // namespace tally
