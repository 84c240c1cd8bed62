// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

namespace tally {

/// What is minimized; loss.hpp has the formulas.
enum class LossKind { kSoftmaxCrossEntropy, kMeanSquaredError };

inline constexpr std::array<std::string_view, 2> kLossNames = {"softmax-cross-entropy", "mse"};

}  // namespace tally
