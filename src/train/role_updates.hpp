// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/core/range.hpp"
#include "tally/nn/parameters.hpp"
#include "tally/optim/sgd.hpp"

// Private to layer train.
namespace tally {

/// How parameters of that role are learned.
Sgd sgd_of(const Sgd& sgd, Role role);

/// How each element of the flat vectors is updated, by the role of its block: weights, biases and
/// scales by SGD with the decay that the role has, statistics towards what was measured. Neighbours
/// that are updated alike make one run, so that most networks without decay are one.
class RoleUpdates {
 public:
  RoleUpdates(const ParameterLayout& layout, const Sgd& sgd);

  /// The sum over the samples of a step, of the elements of a block.
  struct BlockSum {
    const Real* values = nullptr;
    std::int64_t samples = 0;
  };

  /// Updates the elements `block` of `velocity` and `parameters`, flat vectors. Each element
  /// depends on itself alone.
  void apply(Range block, BlockSum sum, double learning_rate, Real* velocity,
             Real* parameters) const;

 private:
  struct Run {
    std::int64_t end = 0;  // where the next one begins
    bool is_learned = true;
    double share = 0;  // of the way that statistics move
    Sgd sgd;
  };
  [[nodiscard]] static Run run_of(const ParameterBlock& block, const Sgd& sgd);

  std::vector<Run> runs_;
};

}  // namespace tally
