// SPDX-License-Identifier: MIT
#include "tally/state/calibration.hpp"

#include "tally/core/error.hpp"
#include "tally/nn/network.hpp"

namespace tally {

ParameterLayout parameter_layout(const OthersNetwork& others) {
  constexpr std::int64_t kMostInputs = 65'536;
  require(others.inputs >= 1 && others.inputs <= kMostInputs, ExitCode::kUsage,
          "expected 1 to {} inputs, got {}", kMostInputs, others.inputs);
  return Network(others.spec, others.inputs).layout();
}

}  // namespace tally
