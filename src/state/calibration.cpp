// SPDX-License-Identifier: MIT
#include "tally/state/calibration.hpp"

#include "tally/core/error.hpp"
#include "tally/nn/network.hpp"

namespace tally {

ParameterLayout parameter_layout(const OutlierNetwork& outliers) {
  constexpr std::int64_t kMostInputs = 65'536;
  require(outliers.inputs >= 1 && outliers.inputs <= kMostInputs, ExitCode::kUsage,
          "expected 1 to {} inputs, got {}", kMostInputs, outliers.inputs);
  return Network(outliers.spec, outliers.inputs).layout();
}

}  // namespace tally
