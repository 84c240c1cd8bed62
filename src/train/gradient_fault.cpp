// SPDX-License-Identifier: MIT
#include "gradient_fault.hpp"

#include <algorithm>
#include <span>

#include <fmt/ranges.h>

#include "tally/core/text.hpp"

namespace tally {
namespace {

// ": 12, 40, 7, ..." or nothing.
std::string listed(std::span<const std::int64_t> ids) {
  constexpr std::size_t kShown = 5;
  if (ids.empty()) return "";
  const auto shown = ids.first(std::min(ids.size(), kShown));
  return fmt::format(": {}{}", fmt::join(shown, ", "), ids.size() > kShown ? ", ..." : "");
}

std::string named(const ParameterBlock& block) {
  return (is_learned(block.shape.role) ? "the gradient of " : "the measured ") + block.name();
}

}  // namespace

void report(const Communicator& communicator, const ParameterLayout& layout,
            const GradientFault& fault) {
  const std::string what =
      fault.element < layout.size() ? named(layout.block_of(fault.element)) : "the loss";
  const auto guilty = communicator.gather_all(fault.guilty);
  const std::string losses = guilty.empty()
                                 ? ""
                                 : fmt::format("; neither is the loss of {} of {}{}", guilty.size(),
                                               counted(fault.samples, "sample"), listed(guilty));
  throw AgreedError(ExitCode::kFailure,
                    fmt::format("step {}: {} is not finite{}; start another run with a lower "
                                "--learning-rate than {}",
                                grouped(fault.step), what, losses, fault.peak_learning_rate));
}

}  // namespace tally
