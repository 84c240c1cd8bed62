// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "simd.hpp"

// The largest of several vectors, lane by lane, and which one it came from. Private to layer core.
namespace tally::simd {

#if defined(__AVX512F__)
class Largest {
 public:
  explicit Largest(Vector first) : value_(first), place_(_mm512_setzero_si512()) {}

  /// A later one has to be larger, or to be a NaN, to take the place.
  void take(Vector x, int place) {
    const __mmask16 is_taken = static_cast<__mmask16>(_mm512_cmp_ps_mask(x, value_, _CMP_GT_OQ) |
                                                      _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q));
    value_ = _mm512_mask_mov_ps(value_, is_taken, x);
    place_ = _mm512_mask_mov_epi32(place_, is_taken, _mm512_set1_epi32(place));
  }
  [[nodiscard]] Vector value() const { return value_; }
  void store_places(std::uint8_t* to) const {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(place_));
  }

 private:
  Vector value_;
  __m512i place_;
};
#else
class Largest {
 public:
  explicit Largest(Vector first) : value_(first), place_(_mm256_setzero_ps()) {}

  void take(Vector x, int place) {
    const Vector is_taken =
        _mm256_or_ps(_mm256_cmp_ps(x, value_, _CMP_GT_OQ), _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    value_ = _mm256_blendv_ps(value_, x, is_taken);
    place_ = _mm256_blendv_ps(place_, _mm256_castsi256_ps(_mm256_set1_epi32(place)), is_taken);
  }
  [[nodiscard]] Vector value() const { return value_; }
  void store_places(std::uint8_t* to) const {
    const __m256i places = _mm256_castps_si256(place_);
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(places), _mm256_extracti128_si256(places, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
  }

 private:
  Vector value_;
  Vector place_;  // whole numbers as bits
};
#endif

}  // namespace tally::simd
