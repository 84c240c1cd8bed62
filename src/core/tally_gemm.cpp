// SPDX-License-Identifier: MIT
#include "tally_gemm.hpp"

#include <algorithm>

#include "operand_copies.hpp"
#include "sparse_product.hpp"

namespace tally {
namespace {

using simd::kLanes;

// As many sums as registers hold beside what they are made of: 12 of 16, or 24 of 32.
constexpr Index kVectors = 3;
constexpr Index kStrip = kVectors * kLanes;
constexpr Index kRows = kLanes == 16 ? 8 : 4;
// A strip of one vector needs 8 sums to keep apart the additions that wait for each other.
constexpr Index kRowsOfOne = 8;

// Rows of up to so many columns are read where they are. Longer ones fall on few sets of the caches
// and on a page each: copied strips are faster from here on.
constexpr Index kNarrow = 192;
// A copied strip of this depth (24 kB of 8 lanes) stays in the nearest cache while all rows pass.
constexpr Index kDepth = 256;
// Copied rows stay in the second-level cache while all columns pass.
constexpr Index kLeftCopy = 1 << 16;

Real* make_room(AlignedVector& buffer, Index size) {
  if (std::ssize(buffer) < size) buffer.resize(size);
  return buffer.data();
}

constexpr Index rounded_up(Index size, Index unit) {
  return (size + unit - 1) / unit * unit;
}

template <LeftOrder kOrder>
void multiply_strip_of(Index vectors, const Strip& strip) {
  switch (vectors) {
    case 1:
      return multiply_strip<kRowsOfOne, 1, kOrder>(strip);
    case 2:
      return multiply_strip<kRows, 2, kOrder>(strip);
    default:
      return multiply_strip<kRows, kVectors, kOrder>(strip);
  }
}

}  // namespace

TallyGemm::Left TallyGemm::Left::from(Index row, Index l) const {
  return {order, values + (order == LeftOrder::kByRow ? row * stride + l : l * stride + row),
          stride};
}

TallyGemm::Right TallyGemm::Right::from(Index l, Index column) const {
  return {is_transposed, values + (is_transposed ? column * stride + l : l * stride + column),
          stride};
}

bool TallyGemm::Right::is_copied(Index columns) const {
  return is_transposed || columns > kNarrow;
}

void TallyGemm::multiply(ConstMatrixView left, ConstMatrixView right, MatrixView product) {
  multiply({LeftOrder::kByRow, left.data(), left.cols()}, {false, right.data(), right.cols()},
           left.cols(), product, Sum::kNew);
}

void TallyGemm::multiply_left_transposed(ConstMatrixView left, ConstMatrixView right,
                                         MatrixView product, Into into) {
  multiply({LeftOrder::kByDepth, left.data(), left.cols()}, {false, right.data(), right.cols()},
           left.rows(), product, into == Into::kAdd ? Sum::kAdded : Sum::kNew);
}

void TallyGemm::multiply_right_transposed(ConstMatrixView left, ConstMatrixView right,
                                          MatrixView product) {
  multiply({LeftOrder::kByRow, left.data(), left.cols()}, {true, right.data(), right.cols()},
           left.cols(), product, Sum::kNew);
}

void TallyGemm::multiply(const Left& left, const Right& right, Index depth, MatrixView product,
                         Sum sum) {
  const Index rows = product.rows();
  const Index columns = product.cols();
  const bool is_by_row = left.order == LeftOrder::kByRow;
  if (!right.is_transposed && has_sparse_product(left.order, depth, columns) &&
      is_mostly_zero(left.values, is_by_row ? rows : depth, left.stride)) {
    return multiply_sparse(left.order,
                           {rows, depth, left.values, left.stride, right.values, right.stride,
                            product.data(), columns, sum},
                           columns);
  }
  copies_left_ = !is_by_row && columns > kNarrow;
  // A sum that is added afterwards has to be whole.
  const Index most_depth = right.is_copied(columns) && sum != Sum::kAdded ? kDepth : depth;
  const Index most_rows = copies_left_ ? rounded_up(kLeftCopy / depth + 1, kRows) : rows;

  for (Index l = 0; l < depth; l += most_depth) {
    for (Index row = 0; row < rows; row += most_rows) {
      const Part part{std::min(most_rows, rows - row), columns, std::min(most_depth, depth - l),
                      product.data() + row * columns,  columns, l > 0 ? Sum::kContinued : sum};
      if (copies_left_) copy_left(left.from(row, l), part);
      multiply_part(left.from(row, l), right.from(l, 0), part);
    }
  }
}

void TallyGemm::multiply_part(const Left& left, const Right& right, const Part& part) {
  const bool copies_right = right.is_copied(part.columns);
  for (Index column = 0; column < part.columns;) {
    const Index rest = part.columns - column;
    const bool is_edge = rest < kLanes;
    Part strip = part;
    strip.columns = is_edge ? rest : std::min(kStrip, rest / kLanes * kLanes);
    strip.product += column;
    const Right from = right.from(0, column);
    if (is_edge) {
      multiply_edge(left, copy_right(from, strip), strip);
    } else {
      multiply_vectors(left, copies_right ? copy_right(from, strip) : from, strip);
    }
    column += strip.columns;
  }
}

// The last columns, fewer than a vector holds: in a copy that has room for a whole one.
void TallyGemm::multiply_edge(const Left& left, const Right& right, const Part& part) {
  Part edge = part;
  edge.columns = edge.stride = kLanes;
  edge.product = make_room(edge_, part.rows * kLanes);
  if (part.sum != Sum::kNew) {
    copy_rows({part.product, part.stride}, part.rows, part.columns, {edge.product, kLanes});
  }
  multiply_vectors(left, right, edge);
  copy_rows({edge.product, kLanes}, part.rows, part.columns, {part.product, part.stride});
}

void TallyGemm::multiply_vectors(const Left& left, const Right& right, const Part& part) const {
  Strip strip{part.rows,    part.depth,   left.values, left.stride, right.values,
              right.stride, part.product, part.stride, part.sum};
  const Index vectors = part.columns / kLanes;
  if (!copies_left_) {
    if (left.order == LeftOrder::kByRow)
      return multiply_strip_of<LeftOrder::kByRow>(vectors, strip);
    return multiply_strip_of<LeftOrder::kByDepth>(vectors, strip);
  }
  strip.left = left_copy_.data();
  strip.left_stride = kRows;
  for (Index row = 0; row < part.rows; row += kRows) {
    strip.rows = std::min(kRows, part.rows - row);
    multiply_strip_of<LeftOrder::kByDepth>(vectors, strip);
    strip.left += kRows * part.depth;
    strip.product += kRows * part.stride;
  }
}

// In panels of kRows rows, which a block reads from one end to the other.
void TallyGemm::copy_left(const Left& left, const Part& part) {
  Real* panel = make_room(left_copy_, rounded_up(part.rows, kRows) * part.depth);
  for (Index row = 0; row < part.rows; row += kRows) {
    copy_rows({left.from(row, 0).values, left.stride}, part.depth, std::min(kRows, part.rows - row),
              {panel, kRows});
    panel += kRows * part.depth;
  }
}

// With zeros up to the end of its last vector.
TallyGemm::Right TallyGemm::copy_right(const Right& right, const Part& strip) {
  const Index width = rounded_up(strip.columns, kLanes);
  Real* copy = make_room(right_copy_, strip.depth * kStrip);
  if (strip.columns < width) std::fill_n(copy, strip.depth * width, Real{0});
  if (right.is_transposed) {
    copy_transposed({right.values, right.stride}, strip.columns, strip.depth, {copy, width});
  } else {
    copy_rows({right.values, right.stride}, strip.depth, strip.columns, {copy, width});
  }
  return {false, copy, width};
}

}  // namespace tally
