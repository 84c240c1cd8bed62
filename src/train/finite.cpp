// SPDX-License-Identifier: MIT
#include "tally/train/finite.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace tally {

// On the bits, so that the loop over all values vectorizes.
std::size_t first_not_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  const auto is_not_finite = [](float value) {
    return (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent;
  };
  std::uint32_t found = 0;
  for (const float value : values) found |= static_cast<std::uint32_t>(is_not_finite(value));
  if (found == 0) return values.size();
  return static_cast<std::size_t>(std::ranges::find_if(values, is_not_finite) - values.begin());
}

}  // namespace tally
