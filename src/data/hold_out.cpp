// SPDX-License-Identifier: MIT
#include "tally/data/hold_out.hpp"

#include <numeric>

#include "tally/core/random.hpp"

namespace tally {

std::vector<bool> hold_out(std::int64_t samples, std::int64_t held_out, std::uint64_t seed) {
  std::vector<std::uint32_t> ids(samples);
  std::iota(ids.begin(), ids.end(), 0U);
  RandomStream stream(seed, Purpose::kHoldOut);
  shuffle(std::span(ids), stream);

  std::vector<bool> is_held_out(ids.size(), false);
  for (std::int64_t i = 0; i < held_out; ++i) is_held_out[ids[i]] = true;
  return is_held_out;
}

}  // namespace tally
