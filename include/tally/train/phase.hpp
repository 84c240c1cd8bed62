// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tally {

/// What a rank is doing. "forward" covers forward, loss and backward; "report" is the writing of
/// metrics.
enum class Phase {
  kStart,
  kLoad,
  kScatter,
  kForward,
  kReduce,
  kUpdate,
  kEvaluate,
  kReport,
  kSave,
  kFinish
};

/// "reduce"
std::string_view name_of(Phase phase);

/// "step 1 234, reduce"
std::string place_text(std::int64_t step, Phase phase);

}  // namespace tally
