// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tally/core/convolution_shape.hpp"
#include "tally/core/real.hpp"

// The max pool behind a convolution. Where in its window the largest sum was is a byte: the row
// times the size of the pool, plus the column. Private to layer nn.
namespace tally {

template <typename Element>
struct SumsAt {
  Element* first;
  Index stride;  // from position to position
};

/// largest [pooled positions x filters]: the first of the largest of each window, or a NaN. Its
/// places, unless `places` is null.
void take_largest(const ConvolutionShape& shape, const SumsAt<const Real>& sums, Real* largest,
                  std::uint8_t* places);

/// Writes each of `values` to its place.
void put_at_places(const ConvolutionShape& shape, const Real* values, const std::uint8_t* places,
                   const SumsAt<Real>& sums);

}  // namespace tally
