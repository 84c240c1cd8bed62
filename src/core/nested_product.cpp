// SPDX-License-Identifier: MIT
#include "nested_product.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "simd.hpp"

namespace tally {
namespace {

using simd::kLanes;

// Sums in registers, beside what they are made of: 12 of 16, or 24 of 32.
constexpr Index kMostSums = kLanes == 16 ? 24 : 12;
constexpr Index kMostVectors = 2;

// A step that the compiler knows makes each factor an address of its own instruction: those of one
// channel and of as many channels as layers have. 0 stands for any other.
constexpr std::array<Index, 5> kSteps = {0, 1, 8, 16, 32};

template <Index kRows, Index kVectors, Index kStep>
void multiply_nested_block(const NestedProduct& of) {
  using namespace simd;
  const Index step = kStep == 0 ? of.left_step : kStep;
  Vector sums[kRows][kVectors];
  // By itself GCC unrolls no more than 16 times, and then keeps sums in memory.
#pragma GCC unroll 32
  for (Index i = 0; i < kRows; ++i) {
    for (Index j = 0; j < kVectors; ++j) {
      sums[i][j] = of.is_continued ? load(of.product + i * of.product_stride + j * kLanes) : zero();
    }
  }
  for (Index a = 0; a < of.outer; ++a) {
    const float* left = of.left + a * of.left_outer;
    const float* right = of.right + a * of.right_outer;
    for (Index b = 0; b < of.inner; ++b) {
      Vector values[kVectors];
      for (Index j = 0; j < kVectors; ++j) values[j] = load(right + j * kLanes);
#pragma GCC unroll 32
      for (Index i = 0; i < kRows; ++i) {
        const Vector factor = broadcast(left + i * step);
        for (Index j = 0; j < kVectors; ++j) {
          sums[i][j] = multiply_add(factor, values[j], sums[i][j]);
        }
      }
      left += of.left_inner;
      right += of.right_inner;
    }
  }
#pragma GCC unroll 32
  for (Index i = 0; i < kRows; ++i) {
    for (Index j = 0; j < kVectors; ++j) {
      store(of.product + i * of.product_stride + j * kLanes, sums[i][j]);
    }
  }
}

using MultiplyBlock = void (*)(const NestedProduct&);

// Element i is for i + 1 rows.
template <Index kVectors, Index kStep, std::size_t... kPlaces>
constexpr auto blocks_of(std::index_sequence<kPlaces...> /*places*/) {
  return std::array<MultiplyBlock, sizeof...(kPlaces)>{
      multiply_nested_block<static_cast<Index>(kPlaces) + 1, kVectors, kStep>...};
}

template <Index kVectors, std::size_t... kPlaces>
constexpr auto blocks_of_steps(std::index_sequence<kPlaces...> /*places*/) {
  constexpr auto kMostRows = static_cast<std::size_t>(kMostSums / kVectors);
  return std::array{blocks_of<kVectors, kSteps[kPlaces]>(std::make_index_sequence<kMostRows>())...};
}

constexpr auto kOfOneVector = blocks_of_steps<1>(std::make_index_sequence<kSteps.size()>());
constexpr auto kOfTwoVectors = blocks_of_steps<2>(std::make_index_sequence<kSteps.size()>());

// Blocks of about the same number of rows.
template <typename Blocks>
void multiply_rows(const NestedProduct& product, const Blocks& blocks) {
  const auto most_rows = static_cast<Index>(blocks.size());
  const Index count = (product.rows + most_rows - 1) / most_rows;
  for (Index i = 0; i < count; ++i) {
    const Index begin = product.rows * i / count;
    NestedProduct block = product;
    block.rows = product.rows * (i + 1) / count - begin;
    block.left += begin * product.left_step;
    block.product += begin * product.product_stride;
    blocks[static_cast<std::size_t>(block.rows - 1)](block);
  }
}

}  // namespace

void multiply_nested(const NestedProduct& product) {
  const auto* const found = std::find(kSteps.begin() + 1, kSteps.end(), product.left_step);
  const auto step = static_cast<std::size_t>(found == kSteps.end() ? 0 : found - kSteps.begin());
  for (Index column = 0; column < product.columns;) {
    const Index vectors = std::min(kMostVectors, (product.columns - column) / kLanes);
    NestedProduct strip = product;
    strip.right += column;
    strip.product += column;
    if (vectors == 1) {
      multiply_rows(strip, kOfOneVector[step]);
    } else {
      multiply_rows(strip, kOfTwoVectors[step]);
    }
    column += vectors * kLanes;
  }
}

}  // namespace tally
