// SPDX-License-Identifier: MIT
#include "pool_places.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

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

// Some neighbouring filters: enough for the compiler to use vectors, few enough for the nearest
// cache.
constexpr Index kFilters = 64;

class Filters {
 public:
  Filters(const Real* first, Index count) : count_(count) {
    std::copy_n(first, count, largest_.begin());
  }

  void take(const Real* sums, Index place) {
    for (std::size_t c = 0; c < static_cast<std::size_t>(count_); ++c) {
      const Real sum = sums[c];
      const bool is_larger = (sum > largest_[c]) | (sum != sum);
      largest_[c] = is_larger ? sum : largest_[c];
      places_[c] = is_larger ? static_cast<Place>(place) : places_[c];
    }
  }

  void put(Real*& largest, std::uint8_t*& places) const {
    largest = std::copy_n(largest_.begin(), count_, largest);
    if (places == nullptr) return;
    for (std::size_t c = 0; c < static_cast<std::size_t>(count_); ++c) {
      *places++ = static_cast<std::uint8_t>(places_[c]);
    }
  }

 private:
  // As wide as a sum, so that both fill vectors alike.
  using Place = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;

  Index count_;
  std::array<Real, kFilters> largest_;
  std::array<Place, kFilters> places_{};
};

}  // namespace

void take_largest(const ConvolutionShape& shape, const SumsAt<const Real>& sums, Real* largest,
                  std::uint8_t* places) {
  const Index row_size = shape.output_width() * sums.stride;
  for_each_window(shape, [&](Index position) {
    for (Index begin = 0; begin < shape.filters; begin += kFilters) {
      const Real* first = sums.first + position * sums.stride + begin;
      Filters filters(first, std::min(kFilters, shape.filters - begin));
      for (Index place = 1; place < shape.pool * shape.pool; ++place) {
        filters.take(first + place / shape.pool * row_size + place % shape.pool * sums.stride,
                     place);
      }
      filters.put(largest, places);
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
