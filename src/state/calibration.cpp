// SPDX-License-Identifier: MIT
#include "tally/state/calibration.hpp"

#include "tally/core/error.hpp"
#include "tally/nn/network.hpp"

namespace tally {

ParameterLayout parameter_layout(const OutlierNetwork& outliers) {
  constexpr std::int64_t kMostInputs = 65'536;
  const Shape& input = outliers.input;
  const auto is_side = [](Index side) { return side >= 1 && side <= kMostInputs; };
  require(is_side(input.height) && is_side(input.width) && is_side(input.channels) &&
              input.size() <= kMostInputs,
          ExitCode::kUsage, "expected 1 to {} inputs, got {} x {} x {}", kMostInputs, input.height,
          input.width, input.channels);
  return Network(outliers.spec, input).layout();
}

}  // namespace tally
