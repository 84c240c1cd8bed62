// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

namespace tally {

/// In which order an epoch uses its samples: permuted by the seed, or as they lie in the file.
enum class SampleOrder { kShuffled, kSequential };

inline constexpr std::array<std::string_view, 2> kSampleOrderNames = {"shuffled", "sequential"};

}  // namespace tally
