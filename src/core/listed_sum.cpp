// SPDX-License-Identifier: MIT
#include "listed_sum.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "simd.hpp"

namespace tally {
namespace {

using simd::kLanes;

// Sums in registers beside the factor, of whole rows.
constexpr Index kMostSums = kLanes == 16 ? 28 : 13;
constexpr Index kMostRows = 5;

template <Index kRows, Index kVectors>
void add_listed_block(const ListedSum& of, const FactorList& list) {
  using namespace simd;
  Vector sums[kRows][kVectors];
  // By itself GCC unrolls no more than 16 times, and then keeps sums in memory.
  for (Index r = 0; r < kRows; ++r) {
#pragma GCC unroll 32
    for (Index j = 0; j < kVectors; ++j) sums[r][j] = load(of.sums + r * of.sums_step + j * kLanes);
  }
  for (Index n = 0; n < list.size; ++n) {
    const Vector factor = broadcast(list.factors + n);
    const float* row = of.values + list.offsets[n];
    for (Index r = 0; r < kRows; ++r) {
#pragma GCC unroll 32
      for (Index j = 0; j < kVectors; ++j) {
        sums[r][j] = multiply_add(factor, load(row + j * kLanes), sums[r][j]);
      }
      row += of.values_step;
    }
  }
  for (Index r = 0; r < kRows; ++r) {
#pragma GCC unroll 32
    for (Index j = 0; j < kVectors; ++j) {
      store(of.sums + r * of.sums_step + j * kLanes, sums[r][j]);
    }
  }
}

using AddBlock = void (*)(const ListedSum&, const FactorList&);

template <Index kRows, std::size_t... kPlaces>
constexpr auto blocks_of_rows(std::index_sequence<kPlaces...> /*places*/) {
  // Where registers are too few, there is no block.
  constexpr auto block = []<Index kVectors>() -> AddBlock {
    if constexpr (kRows * kVectors <= kMostSums) return add_listed_block<kRows, kVectors>;
    return nullptr;
  };
  return std::array<AddBlock, sizeof...(kPlaces)>{
      block.template operator()<static_cast<Index>(kPlaces) + 1>()...};
}

template <std::size_t... kPlaces>
constexpr auto all_blocks(std::index_sequence<kPlaces...> /*places*/) {
  constexpr auto kWidths = std::make_index_sequence<static_cast<std::size_t>(kMostSums)>();
  return std::array{blocks_of_rows<static_cast<Index>(kPlaces) + 1>(kWidths)...};
}

// [rows - 1][vectors - 1]
constexpr auto kBlocks =
    all_blocks(std::make_index_sequence<static_cast<std::size_t>(kMostRows)>());

constexpr Index divided_up(Index count, Index by) {
  return (count + by - 1) / by;
}

}  // namespace

// In strips of about the same number of vectors, and these in parts of about the same number of
// rows.
void add_listed(const ListedSum& sum, const FactorList& list) {
  const Index vectors = sum.columns / kLanes;
  const Index strips = divided_up(vectors, kMostSums);
  for (Index i = 0; i < strips; ++i) {
    const Index column = vectors * i / strips;
    const Index width = vectors * (i + 1) / strips - column;
    const Index parts = divided_up(sum.rows, std::min(kMostRows, kMostSums / width));
    for (Index k = 0; k < parts; ++k) {
      const Index row = sum.rows * k / parts;
      ListedSum part = sum;
      part.rows = sum.rows * (k + 1) / parts - row;
      part.values += row * sum.values_step + column * kLanes;
      part.sums += row * sum.sums_step + column * kLanes;
      kBlocks[static_cast<std::size_t>(part.rows - 1)][static_cast<std::size_t>(width - 1)](part,
                                                                                            list);
    }
  }
}

}  // namespace tally
