// SPDX-License-Identifier: MIT
#include "factor_lists.hpp"

#include <array>

#include "simd.hpp"

namespace tally {
namespace {

constexpr Index kMostPlaces = 256;  // a place is a byte

#if defined(__AVX512F__)
using Offsets = __m512i;

Offsets first_offsets(Index step) {
  const __m512i numbers = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  return _mm512_mullo_epi32(numbers, _mm512_set1_epi32(static_cast<int>(step)));
}

// Appends those of 16 gradients that are at `place` and not 0.
Index append(const float* grads, const std::uint8_t* places, int place, Offsets offsets,
             float* factors, std::int32_t* at) {
  const __m512 values = _mm512_loadu_ps(grads);
  const __m512i found =
      _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(places)));
  const __mmask16 is_listed =
      static_cast<__mmask16>(_mm512_cmpeq_epi32_mask(found, _mm512_set1_epi32(place)) &
                             _mm512_cmp_ps_mask(values, _mm512_setzero_ps(), _CMP_NEQ_UQ));
  _mm512_storeu_ps(factors, _mm512_maskz_compress_ps(is_listed, values));
  _mm512_storeu_si512(at, _mm512_maskz_compress_epi32(is_listed, offsets));
  return __builtin_popcount(is_listed);
}
#endif

}  // namespace

void list_by_filter(const ConvolutionShape& shape, const FilterLists& inputs, const float* grads,
                    const std::uint8_t* places, const ListMemory& memory) {
  std::array<std::int32_t, kMostPlaces> at_place;
  for (Index place = 0; place < shape.pool * shape.pool; ++place) {
    at_place[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(
        (place / shape.pool * inputs.row_size + place % shape.pool * shape.channels) *
        shape.stride);
  }
  const Index windows = shape.pooled_positions();
  std::int32_t used = 0;
  for (Index filter = 0; filter < shape.filters; ++filter) {
    memory.begins[filter] = used;
    for (Index image = 0; image < inputs.images; ++image) {
      const Index first = image * windows * shape.filters + filter;
      for (Index y = 0; y < shape.pooled_height(); ++y) {
        for (Index x = 0; x < shape.pooled_width(); ++x) {
          const Index i = first + (y * shape.pooled_width() + x) * shape.filters;
          const Index corner =
              image * inputs.image_size +
              (y * inputs.row_size + x * shape.channels) * shape.pool * shape.stride;
          // Written whether it counts or not: there is no branch to guess.
          memory.factors[used] = grads[i];
          memory.offsets[used] = static_cast<std::int32_t>(corner) + at_place[places[i]];
          used += grads[i] != 0 ? 1 : 0;
        }
      }
    }
  }
  memory.begins[shape.filters] = used;
}

void list_by_place(const ConvolutionShape& shape, Index filter_step, const float* grads,
                   const std::uint8_t* places, const ListMemory& memory) {
  std::int32_t used = 0;
  std::int32_t* begin = memory.begins;
  for (Index window = 0; window < shape.pooled_positions(); ++window) {
    for (int place = 0; place < shape.pool * shape.pool; ++place) {
      *begin++ = used;
#if defined(__AVX512F__)
      Offsets offsets = first_offsets(filter_step);
      const Offsets next = _mm512_set1_epi32(static_cast<int>(16 * filter_step));
      for (Index filter = 0; filter < shape.filters; filter += simd::kLanes) {
        used += static_cast<std::int32_t>(append(grads + filter, places + filter, place, offsets,
                                                 memory.factors + used, memory.offsets + used));
        offsets = _mm512_add_epi32(offsets, next);
      }
#else
      for (Index filter = 0; filter < shape.filters; ++filter) {
        memory.factors[used] = grads[filter];
        memory.offsets[used] = static_cast<std::int32_t>(filter * filter_step);
        used += grads[filter] != 0 && places[filter] == place ? 1 : 0;
      }
#endif
    }
    grads += shape.filters;
    places += shape.filters;
  }
  *begin = used;
}

}  // namespace tally
