// SPDX-License-Identifier: MIT
#include "tally/train/phase.hpp"

#include <array>

#include <fmt/core.h>

#include "tally/core/text.hpp"

namespace tally {

std::string_view name_of(Phase phase) {
  constexpr std::array<std::string_view, 10> kNames = {"start-up", "load",   "scatter",  "forward",
                                                       "reduce",   "update", "evaluate", "report",
                                                       "save",     "finish"};
  return kNames[static_cast<std::size_t>(phase)];
}

std::string place_text(std::int64_t step, Phase phase) {
  return fmt::format("step {}, {}", grouped(step), name_of(phase));
}

}  // namespace tally
