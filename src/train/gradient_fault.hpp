// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tally/nn/parameters.hpp"
#include "tally/parallel/communicator.hpp"

namespace tally {

/// A step whose gradient or loss is not finite.
struct GradientFault {
  std::size_t element = 0;  ///< of the sum of all leaves: the gradient, behind it the loss
  std::int64_t step = 0;    ///< 1 for the first
  std::int64_t samples = 0;
  double peak_learning_rate = 0;
  std::vector<std::int64_t> guilty;  ///< ids of this rank's samples whose loss is not finite
};

/// Throws an AgreedError that names layer, step and samples. Collective: every rank must call, with
/// the same fault but for `guilty`.
[[noreturn]] void report(const Communicator& communicator, const ParameterLayout& layout,
                         const GradientFault& fault);

}  // namespace tally
