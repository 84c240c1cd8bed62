// SPDX-License-Identifier: MIT
// Tally's own kernels promise one chain of fused multiply-adds per element, so the naive reference
// is not approached but met, bit by bit.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "tally/core/gemm.hpp"
#include "tally/core/random.hpp"
#include "tally/core/subnormals.hpp"

namespace tally {
namespace {

struct Shape {
  Index m, k, n;
};

AlignedVector random_vector(Index size, std::uint32_t item, float scale = 1) {
  AlignedVector values(static_cast<std::size_t>(size));
  RandomStream stream(3, Purpose::kInitialize, 0, item);
  for (Real& value : values) value = scale * static_cast<Real>(stream.uniform() - 0.5);
  return values;
}

class TallyGemmTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_kernels(Kernels::kTally)) GTEST_SKIP() << "this instruction set has no AVX2";
    gemm_ = make_gemm(Kernels::kTally);
  }

  // Of left [m x k] and right [k x n]; what is transposed in memory is left to `at`.
  template <typename LeftAt, typename RightAt>
  static AlignedVector reference(const Shape& shape, LeftAt left, RightAt right) {
    AlignedVector product(static_cast<std::size_t>(shape.m * shape.n));
    for (Index i = 0; i < shape.m; ++i) {
      for (Index j = 0; j < shape.n; ++j) {
        Real sum = 0;
        for (Index l = 0; l < shape.k; ++l) sum = std::fma(left(i, l), right(l, j), sum);
        product[static_cast<std::size_t>(i * shape.n + j)] = sum;
      }
    }
    return product;
  }

  static bool same_bits(const AlignedVector& a, const AlignedVector& b) {
    return std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
  }

  // All forms of one shape, in results that hold something else before.
  void expect_reference(const Shape& shape, const AlignedVector& a, const AlignedVector& b) {
    const auto [m, k, n] = shape;
    const auto at = [](const AlignedVector& values, Index row_step, Index column_step) {
      return [&values, row_step, column_step](Index row, Index column) {
        return values[static_cast<std::size_t>(row * row_step + column * column_step)];
      };
    };
    const auto view = [](const AlignedVector& values, Index rows, Index columns) {
      return matrix_view(values.data(), rows, columns);
    };
    const AlignedVector before = random_vector(m * n, 7);
    AlignedVector product = before;
    const MatrixView result = matrix_view(product.data(), m, n);
    SCOPED_TRACE(testing::Message() << "[" << m << " x " << k << "] * [" << k << " x " << n << "]");

    gemm_->multiply(view(a, m, k), view(b, k, n), result);
    EXPECT_TRUE(same_bits(product, reference(shape, at(a, k, 1), at(b, n, 1))));
    gemm_->multiply_right_transposed(view(a, m, k), view(b, n, k), result);
    EXPECT_TRUE(same_bits(product, reference(shape, at(a, k, 1), at(b, 1, k))));
    AlignedVector expected = reference(shape, at(a, 1, m), at(b, n, 1));
    gemm_->multiply_left_transposed(view(a, k, m), view(b, k, n), result, Into::kReplace);
    EXPECT_TRUE(same_bits(product, expected));
    product = before;
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += before[i];
    gemm_->multiply_left_transposed(view(a, k, m), view(b, k, n), result, Into::kAdd);
    EXPECT_TRUE(same_bits(product, expected)) << "added";
  }

  void expect_reference(const Shape& shape, float scale = 1) {
    expect_reference(shape, random_vector(shape.m * shape.k, 1, scale),
                     random_vector(shape.k * shape.n, 2, scale));
  }

  std::unique_ptr<Gemm> gemm_;
};

// Blocks have up to 8 rows and strips up to 48 columns.
TEST_F(TallyGemmTest, MeetsTheReferenceInEveryShapeAroundItsBlocks) {
  for (Index m = 1; m <= 18 && !HasFailure(); ++m) {
    for (Index n = 1; n <= 66 && !HasFailure(); ++n) {
      for (const Index k : {1, 2, 7, 33}) expect_reference({m, k, n});
    }
  }
}

// Operands that are copied, and sums that go on after a part of the depth.
TEST_F(TallyGemmTest, MeetsTheReferenceWhereItCopies) {
  for (const Shape& shape :
       {Shape{5, 256, 193}, Shape{9, 257, 192}, Shape{3, 784, 100}, Shape{33, 600, 203},
        Shape{300, 256, 200}, Shape{270, 513, 250}, Shape{2055, 33, 195}, Shape{1, 1000, 520}}) {
    expect_reference(shape);
  }
}

// Images: four pixels in five are 0. Strips have up to 104 columns, or 384 with AVX-512; parts of
// the depth 112 rows.
TEST_F(TallyGemmTest, MeetsTheReferenceWhereItLeavesOutZeros) {
  for (const Shape& shape :
       {Shape{1, 784, 112}, Shape{32, 784, 112}, Shape{785, 32, 112}, Shape{33, 225, 400},
        Shape{7, 112, 16}, Shape{9, 113, 208}, Shape{20, 64, 32}, Shape{40, 65, 48},
        Shape{13, 256, 64}, Shape{13, 257, 64}, Shape{3, 5, 16}}) {
    AlignedVector a = random_vector(shape.m * shape.k, 1);
    for (Real& value : a) value = value > 0.3F ? value : 0.0F;
    expect_reference(shape, a, random_vector(shape.k * shape.n, 2));
  }
}

// A choice between products must not show: the first rows decide it.
TEST_F(TallyGemmTest, MeetsTheReferenceWhereFewRowsAreZero) {
  const Shape shape{40, 96, 64};
  AlignedVector a = random_vector(shape.m * shape.k, 1);
  std::fill_n(a.begin(), 10 * shape.k, 0.0F);
  expect_reference(shape, a, random_vector(shape.k * shape.n, 2));
  std::fill(a.begin(), a.end(), 0.0F);
  expect_reference(shape, a, random_vector(shape.k * shape.n, 2));
}

TEST_F(TallyGemmTest, MeetsTheReferenceWithSubnormals) {
  expect_reference({9, 40, 59}, 1e-19F);
  const SubnormalsAreZero mode;
  expect_reference({9, 40, 59}, 1e-19F);
  expect_reference({9, 40, 59}, 1e-22F);
}

// What one product leaves in its copies is nothing to the next one.
TEST_F(TallyGemmTest, KeepsWhatIsNotFiniteToItsRowAndColumn) {
  const Shape shape{6, 40, 203};
  AlignedVector a = random_vector(shape.m * shape.k, 1);
  const AlignedVector b = random_vector(shape.k * shape.n, 2);
  a[3] = std::numeric_limits<Real>::infinity();
  expect_reference(shape, a, b);
  a[3] = 1;
  expect_reference(shape, a, b);
}

// The promise behind "the same bits": not even the number of rows matters.
TEST_F(TallyGemmTest, GivesARowTheSameBitsAloneAndAmongOthers) {
  const Index m = 37, k = 784, n = 100;
  const AlignedVector a = random_vector(m * k, 1);
  const AlignedVector b = random_vector(k * n, 2);
  AlignedVector all(static_cast<std::size_t>(m * n)), alone(static_cast<std::size_t>(n));
  const ConstMatrixView right = matrix_view(b.data(), k, n);
  gemm_->multiply(matrix_view(a.data(), m, k), right, matrix_view(all.data(), m, n));
  for (Index row = 0; row < m; ++row) {
    gemm_->multiply(matrix_view(a.data() + row * k, 1, k), right, matrix_view(alone.data(), 1, n));
    EXPECT_EQ(std::memcmp(alone.data(), all.data() + row * n, alone.size() * sizeof(Real)), 0);
  }
}

}  // namespace
}  // namespace tally
