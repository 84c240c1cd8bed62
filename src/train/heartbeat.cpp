// SPDX-License-Identifier: MIT
#include "tally/train/heartbeat.hpp"

#include <array>

#include <fmt/core.h>

namespace tally {

std::string Heartbeat::text() const {
  constexpr std::array<std::string_view, 7> kPhaseNames = {
      "load", "scatter", "forward", "reduce", "update", "evaluate", "save"};
  return fmt::format("step {}, {}", grouped(step()),
                     kPhaseNames[static_cast<std::size_t>(phase())]);
}

}  // namespace tally
