// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace tally {

/// Takes whole pages from the system, and asks for large ones: where they are to be had, finding an
/// address in memory that is read in random order costs a fraction.
struct LargePages {
  static void* take(std::size_t bytes);  ///< zero; throws std::bad_alloc
  static void give_back(void* memory, std::size_t bytes) noexcept;
};

template <typename Element>
struct LargePageAllocator {
  using value_type = Element;

  LargePageAllocator() = default;
  template <typename Other>
  LargePageAllocator(const LargePageAllocator<Other>& /*other*/) noexcept {}  // NOLINT: converting

  Element* allocate(std::size_t count) {
    return static_cast<Element*>(LargePages::take(count * sizeof(Element)));
  }
  void deallocate(Element* memory, std::size_t count) noexcept {
    LargePages::give_back(memory, count * sizeof(Element));
  }
  friend bool operator==(const LargePageAllocator& /*a*/, const LargePageAllocator& /*b*/) {
    return true;
  }
};

/// For arrays of megabytes.
template <typename Element>
using LargeArray = std::vector<Element, LargePageAllocator<Element>>;

}  // namespace tally
