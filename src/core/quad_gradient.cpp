// SPDX-License-Identifier: MIT
#include "quad_gradient.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "simd.hpp"

namespace tally {
namespace {

using namespace simd;

constexpr Index kQuad = 4;
constexpr Index kMostSums = kLanes == 16 ? 25 : 12;
constexpr Index kMostRows = 5;
constexpr Index kMostColumns = 7;

#if defined(__AVX512F__)
using Places = __m512i;
Places load_places(const std::uint8_t* from) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
Vector pick(const float* quad, Places places) {
  return _mm512_permutevar_ps(_mm512_broadcast_f32x4(_mm_loadu_ps(quad)), places);
}
#else
using Places = __m256i;
Places load_places(const std::uint8_t* from) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}
Vector pick(const float* quad, Places places) {
  return _mm256_permutevar_ps(_mm256_broadcast_ps(reinterpret_cast<const __m128*>(quad)), places);
}
#endif

Index quads_in_a_row(const ConvolutionShape& shape) {
  return shape.width + 2 * shape.padding - shape.stride;
}

// Rows of a kernel and one vector of filters.
struct Block {
  const float* quads;  // of the first row
  Index row_quads;
  const float* grads;
  const std::uint8_t* places;
  float* grad_weight;  // of the first row
};

template <Index kRows, Index kColumns>
void add_block(const ConvolutionShape& shape, const Block& of) {
  Vector sums[kRows][kColumns];
  const auto place = [&](Index r, Index c) {
    return of.grad_weight + (r * kColumns + c) * shape.filters;
  };
  for (Index r = 0; r < kRows; ++r) {
    for (Index c = 0; c < kColumns; ++c) sums[r][c] = load(place(r, c));
  }
  const float* grads = of.grads;
  const std::uint8_t* places = of.places;
  for (Index y = 0; y < shape.pooled_height(); ++y) {
    const float* quad = of.quads + y * 2 * shape.stride * of.row_quads * kQuad;
    for (Index x = 0; x < shape.pooled_width(); ++x) {
      const Vector grad = load(grads);
      const Places picked = load_places(places);
      for (Index r = 0; r < kRows; ++r) {
        for (Index c = 0; c < kColumns; ++c) {
          const Vector input = pick(quad + (r * of.row_quads + c) * kQuad, picked);
          sums[r][c] = multiply_add(grad, input, sums[r][c]);
        }
      }
      quad += 2 * shape.stride * kQuad;
      grads += shape.filters;
      places += shape.filters;
    }
  }
  for (Index r = 0; r < kRows; ++r) {
    for (Index c = 0; c < kColumns; ++c) store(place(r, c), sums[r][c]);
  }
}

using AddBlock = void (*)(const ConvolutionShape&, const Block&);

template <Index kRows, std::size_t... kPlaces>
constexpr auto blocks_of_rows(std::index_sequence<kPlaces...> /*places*/) {
  constexpr auto block = []<Index kColumns>() -> AddBlock {
    if constexpr (kRows == 1 || kRows * kColumns <= kMostSums) return add_block<kRows, kColumns>;
    return nullptr;
  };
  return std::array<AddBlock, sizeof...(kPlaces)>{
      block.template operator()<static_cast<Index>(kPlaces) + 1>()...};
}

template <std::size_t... kPlaces>
constexpr auto all_blocks(std::index_sequence<kPlaces...> /*places*/) {
  constexpr auto kWidths = std::make_index_sequence<static_cast<std::size_t>(kMostColumns)>();
  return std::array{blocks_of_rows<static_cast<Index>(kPlaces) + 1>(kWidths)...};
}

// [rows - 1][columns - 1]
constexpr auto kBlocks =
    all_blocks(std::make_index_sequence<static_cast<std::size_t>(kMostRows)>());

}  // namespace

bool has_quad_gradient(const ConvolutionShape& shape) {
  return shape.channels == 1 && shape.pool == 2 && shape.kernel_width <= kMostColumns;
}

Index quads_size(const ConvolutionShape& shape) {
  return (shape.height + 2 * shape.padding - shape.stride) * quads_in_a_row(shape) * kQuad;
}

void gather_quads(const ConvolutionShape& shape, const float* image, float* quads) {
  const Index width = shape.width + 2 * shape.padding;
  const Index rows = shape.height + 2 * shape.padding - shape.stride;
  const Index columns = quads_in_a_row(shape);
  for (Index y = 0; y < rows; ++y) {
    const float* upper = image + y * width;
    const float* lower = upper + shape.stride * width;
    for (Index x = 0; x < columns; ++x) {
      quads[0] = upper[x];
      quads[1] = upper[x + shape.stride];
      quads[2] = lower[x];
      quads[3] = lower[x + shape.stride];
      quads += kQuad;
    }
  }
}

void add_quad_gradient(const ConvolutionShape& shape, const float* quads, const float* grads,
                       const std::uint8_t* places, float* grad_weight) {
  const Index most_rows = std::clamp<Index>(kMostSums / shape.kernel_width, 1, kMostRows);
  const Index parts = (shape.kernel_height + most_rows - 1) / most_rows;
  const Index row_quads = quads_in_a_row(shape);
  for (Index part = 0; part < parts; ++part) {
    const Index row = shape.kernel_height * part / parts;
    const Index rows = shape.kernel_height * (part + 1) / parts - row;
    const AddBlock add = kBlocks[static_cast<std::size_t>(rows - 1)]
                                [static_cast<std::size_t>(shape.kernel_width - 1)];
    for (Index filter = 0; filter < shape.filters; filter += kLanes) {
      add(shape, {quads + row * row_quads * kQuad, row_quads, grads + filter, places + filter,
                  grad_weight + row * shape.kernel_width * shape.filters + filter});
    }
  }
}

}  // namespace tally
