// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

namespace tally {

/// Which parameters weight decay is for: the weights of products alone, or biases as well, as in
/// runs of versions without this choice. Scales of a normalization never decay.
enum class DecayKind { kWeights, kAll };

inline constexpr std::array<std::string_view, 2> kDecayNames = {"weights", "all"};

}  // namespace tally
