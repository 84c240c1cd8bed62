// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "listed_sum.hpp"
#include "tally/core/convolution_shape.hpp"

// The gradients behind a max pool as lists, without those that are 0. Private to layer core.
namespace tally {

/// Memory for lists, which belongs to the caller: of each list, where it begins and what it holds.
struct ListMemory {
  float* factors;
  std::int32_t* offsets;
  std::int32_t* begins;  // one more than there are lists

  [[nodiscard]] FactorList list(Index number) const {
    const Index begin = begins[number];
    return {factors + begin, offsets + begin, begins[number + 1] - begin};
  }
};

/// So many elements are written behind the last list.
inline constexpr Index kListSlack = 16;

/// A list for each filter, of its gradients in `images` images; offsets are those of their inputs,
/// from the first image on.
struct FilterLists {
  Index images;
  Index row_size, image_size;  // of the inputs, with their padding
};
void list_by_filter(const ConvolutionShape& shape, const FilterLists& inputs, const float* grads,
                    const std::uint8_t* places, const ListMemory& memory);

/// A list for each place of each window of the pool, of the gradients of filters in one image;
/// offsets are the filters' numbers times `filter_step`.
void list_by_place(const ConvolutionShape& shape, Index filter_step, const float* grads,
                   const std::uint8_t* places, const ListMemory& memory);

}  // namespace tally
