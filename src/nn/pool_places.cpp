// SPDX-License-Identifier: MIT
#include "pool_places.hpp"

namespace tally {
namespace {

// work(the position of the first sum of a window) for each window.
template <typename Work>
void for_each_window(const ConvolutionShape& shape, const Work& work) {
  for (Index y = 0; y < shape.pooled_height(); ++y) {
    for (Index x = 0; x < shape.pooled_width(); ++x) {
      work((y * shape.output_width() + x) * shape.pool);
    }
  }
}

}  // namespace

void take_largest(const ConvolutionShape& shape, const SumsAt<const Real>& sums, Real* largest,
                  std::uint8_t* places) {
  for_each_window(shape, [&](Index position) {
    for (Index c = 0; c < shape.filters; ++c) {
      Real best = sums.first[position * sums.stride + c];
      std::uint8_t place = 0, best_place = 0;
      for (Index y = 0; y < shape.pool; ++y) {
        const Real* row = sums.first + (position + y * shape.output_width()) * sums.stride + c;
        for (Index x = 0; x < shape.pool; ++x, ++place) {
          const Real sum = row[x * sums.stride];
          const bool is_larger = sum > best || sum != sum;
          best = is_larger ? sum : best;
          best_place = is_larger ? place : best_place;
        }
      }
      *largest++ = best;
      if (places != nullptr) *places++ = best_place;
    }
  });
}

void put_at_places(const ConvolutionShape& shape, const Real* values, const std::uint8_t* places,
                   const SumsAt<Real>& sums) {
  for_each_window(shape, [&](Index position) {
    for (Index c = 0; c < shape.filters; ++c) {
      const Index place = *places++;
      const Index at = position + place / shape.pool * shape.output_width() + place % shape.pool;
      sums.first[at * sums.stride + c] = *values++;
    }
  });
}

}  // namespace tally
