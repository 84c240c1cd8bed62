// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace tally {

/// Marks `held_out` of `samples` images, chosen uniformly by the seed, for validation: element i is
/// true if image i is not to be trained on.
std::vector<bool> hold_out(std::int64_t samples, std::int64_t held_out, std::uint64_t seed);

}  // namespace tally
