// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace tally {

/// Asks the processor to bring these bytes close.
inline void prefetch(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kStride = 128;  // processors fetch cache lines in pairs
  for (std::size_t i = 0; i < bytes.size(); i += kStride) __builtin_prefetch(bytes.data() + i);
}

}  // namespace tally
