// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "tally/core/real.hpp"

// Flat memory whose first element, and every block laid out in it, stands at a multiple of
// 64 bytes. Vectorized sums and exponentials may give other bits at another address offset, so
// alignment is part of "the same bits" and not only of speed.
namespace tally {

inline constexpr std::size_t kAlignmentBytes = 64;

/// Blocks in flat vectors begin at multiples of this many elements: 64 bytes of floats.
inline constexpr std::size_t kAlignmentElements = kAlignmentBytes / sizeof(float);

/// The smallest multiple of kAlignmentElements that holds `count` elements.
constexpr std::size_t aligned_size(std::size_t count) {
  return (count + kAlignmentElements - 1) / kAlignmentElements * kAlignmentElements;
}

/// Rows of matrices begin at multiples of this many elements: of 8 floats where vectors hold so
/// many, else of 16. Of 100 columns, the first makes 104 of them and the second 112.
#if defined(__AVX2__) && !defined(__AVX512F__)
inline constexpr std::size_t kRowElements = kAlignmentElements / 2;
#else
inline constexpr std::size_t kRowElements = kAlignmentElements;
#endif

/// The smallest multiple of kRowElements that holds `columns` elements.
constexpr std::size_t row_size(std::size_t columns) {
  return (columns + kRowElements - 1) / kRowElements * kRowElements;
}

template <typename Element>
struct AlignedAllocator {
  using value_type = Element;

  AlignedAllocator() = default;
  template <typename Other>
  AlignedAllocator(const AlignedAllocator<Other>& /*other*/) noexcept {}  // NOLINT: converting

  Element* allocate(std::size_t count) {
    return static_cast<Element*>(
        ::operator new (count * sizeof(Element), std::align_val_t{kAlignmentBytes}));
  }
  void deallocate(Element* memory, std::size_t /*count*/) noexcept {
    ::operator delete (memory, std::align_val_t{kAlignmentBytes});
  }
  friend bool operator==(const AlignedAllocator& /*a*/, const AlignedAllocator& /*b*/) {
    return true;
  }
};

template <typename Element>
using AlignedArray = std::vector<Element, AlignedAllocator<Element>>;

using AlignedVector = AlignedArray<Real>;

}  // namespace tally
