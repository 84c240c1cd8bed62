// SPDX-License-Identifier: MIT
#include "sparse_product.hpp"

#include <utility>

#include "sparse_strip.hpp"

namespace tally {
namespace {

using MultiplyStrip = void (*)(const Strip&);

// Element i is for i + 1 vectors of columns.
template <std::size_t... kPlaces>
constexpr std::array<MultiplyStrip, sizeof...(kPlaces)> by_rows(
    std::index_sequence<kPlaces...> /*places*/) {
  return {multiply_sparse_rows<static_cast<Index>(kPlaces) + 1>...};
}
template <std::size_t... kPlaces>
constexpr std::array<MultiplyStrip, sizeof...(kPlaces)> by_columns(
    std::index_sequence<kPlaces...> /*places*/) {
  return {multiply_sparse_columns<static_cast<Index>(kPlaces) + 1>...};
}

constexpr auto kWidths = std::make_index_sequence<static_cast<std::size_t>(kSparseVectors)>();
constexpr auto kByRows = by_rows(kWidths);
constexpr auto kByColumns = by_columns(kWidths);

}  // namespace

bool is_mostly_zero(const float* left, Index rows, Index columns) {
  // A vector of factors takes the time of 1.5 in a dense product, and listing them some more.
  constexpr Index kMostRows = 4;
  constexpr double kMostUsed = 0.4;
  const Index looked_at = std::min(rows, kMostRows);
  Index used = 0;
  for (Index i = 0; i < looked_at; ++i) {
    const float* row = left + i * rows / looked_at * columns;
    for (Index j = 0; j < columns; j += 8)
      used += std::popcount(nonzero_bits(row + j, columns - j));
  }
  return static_cast<double>(used) < kMostUsed * static_cast<double>(looked_at * columns);
}

bool has_sparse_product(LeftOrder order, Index depth, Index columns) {
  return columns % simd::kLanes == 0 && (order == LeftOrder::kByRow || depth <= kMostSparseDepth);
}

// In strips of about the same width.
void multiply_sparse(LeftOrder order, const Strip& strip, Index columns) {
  const Index vectors = columns / simd::kLanes;
  const Index strips = (vectors + kSparseVectors - 1) / kSparseVectors;
  for (Index i = 0; i < strips; ++i) {
    const Index begin = vectors * i / strips;
    const auto width = static_cast<std::size_t>(vectors * (i + 1) / strips - begin);
    Strip part = strip;
    part.right += begin * simd::kLanes;
    part.product += begin * simd::kLanes;
    (order == LeftOrder::kByRow ? kByRows : kByColumns)[width - 1](part);
  }
}

}  // namespace tally
