// SPDX-License-Identifier: MIT
#pragma once

#include <immintrin.h>

#include "tally/core/index.hpp"

// The vectors of the instruction set that Tally is compiled for, and the few things that its own
// products do with them. Only for instruction sets with fused multiply-add. Private to layer core.
namespace tally::simd {

#if defined(__AVX512F__)
using Vector = __m512;
inline Vector zero() {
  return _mm512_setzero_ps();
}
inline Vector load(const float* from) {
  return _mm512_loadu_ps(from);
}
inline Vector broadcast(const float* from) {
  return _mm512_set1_ps(*from);
}
inline Vector add(Vector a, Vector b) {
  return _mm512_add_ps(a, b);
}
inline Vector multiply_add(Vector a, Vector b, Vector sum) {
  return _mm512_fmadd_ps(a, b, sum);
}
inline void store(float* to, Vector values) {
  _mm512_storeu_ps(to, values);
}
#else
using Vector = __m256;
inline Vector zero() {
  return _mm256_setzero_ps();
}
inline Vector load(const float* from) {
  return _mm256_loadu_ps(from);
}
inline Vector broadcast(const float* from) {
  return _mm256_broadcast_ss(from);
}
inline Vector add(Vector a, Vector b) {
  return _mm256_add_ps(a, b);
}
inline Vector multiply_add(Vector a, Vector b, Vector sum) {
  return _mm256_fmadd_ps(a, b, sum);
}
inline void store(float* to, Vector values) {
  _mm256_storeu_ps(to, values);
}
#endif

inline constexpr Index kLanes = sizeof(Vector) / sizeof(float);

}  // namespace tally::simd
