// SPDX-License-Identifier: MIT
#include "tally/core/finite.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace tally {

// On the bits without the sign, in which infinity and what is none are above all numbers: the loop
// over all values is one maximum, and vectorizes.
std::size_t first_not_finite(std::span<const float> values) {
  constexpr std::uint32_t kInfinity = 0x7f800000;
  const auto magnitude = [](float value) {
    return std::bit_cast<std::uint32_t>(value) & 0x7fffffffU;
  };
  std::uint32_t largest = 0;
  for (const float value : values) largest = std::max(largest, magnitude(value));
  if (largest < kInfinity) return values.size();
  const auto first =
      std::ranges::find_if(values, [&](float value) { return magnitude(value) >= kInfinity; });
  return first - values.begin();
}

}  // namespace tally
