// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "tally/core/index.hpp"
#include "tally/core/random.hpp"
#include "tally/core/real.hpp"

namespace tally {

/// How weights start. All draw from uniform distributions.
///   glorot   within +-sqrt(6 / (inputs + outputs)), biases 0 (Glorot and Bengio 2010)
///   he       within +-sqrt(6 / inputs), biases 0 (He et al. 2015, in its uniform form)
///   uniform  weights and biases within -0.5..0.5
enum class Initializer { kGlorot, kHe, kUniform };

inline constexpr std::array<std::string_view, 3> kInitializerNames = {"glorot", "he", "uniform"};

/// Fills the weights and biases of a layer in which `inputs` numbers go into each output, and each
/// input into `outputs`.
void initialize(Initializer initializer, Index inputs, Index outputs, std::span<Real> weights,
                std::span<Real> biases, RandomStream& stream);

}  // namespace tally
