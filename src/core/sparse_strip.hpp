// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "product_strip.hpp"

// Strips of a product whose left operand is mostly 0, as images are: four pixels in five of MNIST.
// What is 0 there is left out of the chain of an element, which changes no bit of it (but the sign
// of a sum that underflowed to -0, and 0 times infinity, which is no number). Private to layer
// core.
namespace tally {

/// Vectors of columns whose sums fit in registers beside the factor.
inline constexpr Index kSparseVectors = simd::kLanes == 16 ? 24 : 13;

/// Which of `count` (at most 8) values are not 0, as bits.
inline unsigned nonzero_bits(const float* values, Index count) {
  if (count >= 8) {
    const __m256 is_used = _mm256_cmp_ps(_mm256_loadu_ps(values), _mm256_setzero_ps(), _CMP_NEQ_UQ);
    return static_cast<unsigned>(_mm256_movemask_ps(is_used));
  }
  unsigned bits = 0;
  for (Index i = 0; i < count; ++i) bits |= values[i] != 0 ? 1U << i : 0U;
  return bits;
}

/// positions[n] = the n-th nonzero of up to kMost values.
class NonzeroList {
 public:
  static constexpr Index kMost = 112;  // 13 vectors of so many rows fit the nearest cache

  void list(const float* values, Index count) {
    size_ = 0;
    for (Index begin = 0; begin < count; begin += 8) {
      const unsigned bits = nonzero_bits(values + begin, count - begin);
      // Eight positions are written, whatever the number that counts: no branch to guess.
      const std::uint64_t eight =
          kPositions[bits] + static_cast<std::uint64_t>(begin) * 0x0101010101010101U;
      std::memcpy(positions_.data() + size_, &eight, sizeof(eight));
      size_ += std::popcount(bits);
    }
  }
  [[nodiscard]] Index size() const { return size_; }
  [[nodiscard]] Index operator[](Index n) const { return positions_[n]; }

 private:
  // Of each pattern of bits the positions of those that are set, one a byte.
  static constexpr std::array<std::uint64_t, 256> kPositions = [] {
    std::array<std::uint64_t, 256> positions{};
    for (unsigned bits = 0; bits < 256; ++bits) {
      int size = 0;
      for (std::uint64_t bit = 0; bit < 8; ++bit) {
        if ((bits >> bit & 1U) != 0) positions[bits] |= bit << (8 * size++);
      }
    }
    return positions;
  }();

  std::array<std::uint8_t, kMost + 8> positions_;
  Index size_ = 0;
};

template <Index kVectors>
class RowSums {
 public:
  void clear() {
    for (auto& sum : sums_) sum = simd::zero();
  }
  void load(const float* from) {
    for (Index j = 0; j < kVectors; ++j) sums_[j] = simd::load(from + j * simd::kLanes);
  }
  void add_multiple(const float* factor, const float* right) {
    const simd::Vector all = simd::broadcast(factor);
    for (Index j = 0; j < kVectors; ++j) {
      sums_[j] = simd::multiply_add(all, simd::load(right + j * simd::kLanes), sums_[j]);
    }
  }
  void store(float* to) const {
    for (Index j = 0; j < kVectors; ++j) simd::store(to + j * simd::kLanes, sums_[j]);
  }
  void add_to(float* to) const {
    for (Index j = 0; j < kVectors; ++j) {
      simd::store(to + j * simd::kLanes, simd::add(simd::load(to + j * simd::kLanes), sums_[j]));
    }
  }

 private:
  simd::Vector sums_[kVectors];
};

/// For a left operand by rows. In parts of the depth whose rows of `right` stay in the nearest
/// cache while all rows of `left` pass.
template <Index kVectors>
void multiply_sparse_rows(const Strip& strip) {
  NonzeroList nonzeros;
  for (Index begin = 0; begin < strip.depth; begin += NonzeroList::kMost) {
    const Index count = std::min(NonzeroList::kMost, strip.depth - begin);
    for (Index row = 0; row < strip.rows; ++row) {
      const float* left = strip.left + row * strip.left_stride + begin;
      float* product = strip.product + row * strip.product_stride;
      nonzeros.list(left, count);
      RowSums<kVectors> sums;
      if (begin == 0) {
        sums.clear();
      } else {
        sums.load(product);
      }
      for (Index n = 0; n < nonzeros.size(); ++n) {
        const Index l = nonzeros[n];
        sums.add_multiple(left + l, strip.right + (begin + l) * strip.right_stride);
      }
      sums.store(product);
    }
  }
}

/// used[i] = in which of up to 32 rows of `left` neighbour i of up to 8 is not 0, as bits.
inline void find_used(const float* left, Index stride, Index rows, Index count,
                      std::uint32_t* used) {
  if (count < 8) {
    std::fill_n(used, count, 0U);
    for (Index l = 0; l < rows; ++l) {
      for (Index i = 0; i < count; ++i) {
        used[i] |= left[l * stride + i] != 0 ? std::uint32_t{1} << l : 0U;
      }
    }
    return;
  }
  __m256i bits = _mm256_setzero_si256();
  for (Index l = 0; l < rows; ++l) {
    const __m256 is_used =
        _mm256_cmp_ps(_mm256_loadu_ps(left + l * stride), _mm256_setzero_ps(), _CMP_NEQ_UQ);
    const __m256i bit = _mm256_set1_epi32(static_cast<int>(std::uint32_t{1} << l));
    bits = _mm256_or_si256(bits, _mm256_and_si256(_mm256_castps_si256(is_used), bit));
  }
  std::memcpy(used, &bits, sizeof(bits));
}

/// For a left operand by depth, which is at most this.
inline constexpr Index kMostSparseDepth = 256;

template <Index kVectors>
void multiply_sparse_columns(const Strip& strip) {
  constexpr Index kBits = 32;
  for (Index begin = 0; begin < strip.rows; begin += 8) {
    const Index count = std::min(Index{8}, strip.rows - begin);
    std::uint32_t used[kMostSparseDepth / kBits][8];
    for (Index l = 0; l < strip.depth; l += kBits) {
      find_used(strip.left + l * strip.left_stride + begin, strip.left_stride,
                std::min(kBits, strip.depth - l), count, used[l / kBits]);
    }
    for (Index i = 0; i < count; ++i) {
      RowSums<kVectors> sums;
      sums.clear();
      for (Index first = 0; first < strip.depth; first += kBits) {
        for (std::uint32_t bits = used[first / kBits][i]; bits != 0; bits &= bits - 1) {
          const Index l = first + std::countr_zero(bits);
          sums.add_multiple(strip.left + l * strip.left_stride + begin + i,
                            strip.right + l * strip.right_stride);
        }
      }
      float* product = strip.product + (begin + i) * strip.product_stride;
      if (strip.sum == Sum::kAdded) {
        sums.add_to(product);
      } else {
        sums.store(product);
      }
    }
  }
}

}  // namespace tally
