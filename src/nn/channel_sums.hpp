// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <type_traits>

#include "tally/core/index.hpp"
#include "tally/core/real.hpp"

// Private to layer nn.
namespace tally {

/// How many channels are worked on at a time: what fits one or two vectors.
inline constexpr Index kChannelLanes = 16;

/// Calls work(first, lanes) for the channels in groups of kChannelLanes, and for the rest. `lanes`
/// is a constant of the type for whole groups, so that their values stay in registers.
template <typename Work>
void for_each_channel_group(Index channels, const Work& work) {
  Index first = 0;
  for (; first + kChannelLanes <= channels; first += kChannelLanes) {
    work(first, std::integral_constant<Index, kChannelLanes>{});
  }
  if (first < channels) work(first, channels - first);
}

/// Sums over the positions of something that each channel has at each: sums[c] = the sum over p of
/// term(p, c). The order of the additions is fixed by the source: lanes are channels, whatever the
/// width of a vector. Short sums in registers are added up in double, so that a hundred thousand
/// positions lose no more than a few dozen do.
template <typename Term>
void sum_over_positions(Index positions, Index channels, Real* sums, const Term& term) {
  constexpr Index kChains = 4;  // of additions that need not wait for each other
  constexpr Index kBlock = 64 * kChains;
  for_each_channel_group(channels, [&](Index first, auto lanes) {
    std::array<double, kChannelLanes> totals{};
    for (Index begin = 0; begin < positions; begin += kBlock) {
      const Index end = std::min(begin + kBlock, positions);
      std::array<Real, kChains * kChannelLanes> chains{};
      const auto add = [&](Index position, Index chain) {
        Real* sum = chains.data() + chain * kChannelLanes;
        for (Index lane = 0; lane < lanes; ++lane) sum[lane] += term(position, first + lane);
      };
      Index p = begin;
      for (; p + kChains <= end; p += kChains) {
        for (Index chain = 0; chain < kChains; ++chain) add(p + chain, chain);
      }
      for (; p < end; ++p) add(p, 0);
      for (std::size_t i = 0; i < chains.size(); ++i) totals[i % kChannelLanes] += chains[i];
    }
    for (Index lane = 0; lane < lanes; ++lane) {
      sums[first + lane] = static_cast<Real>(totals[lane]);
    }
  });
}

}  // namespace tally
