// SPDX-License-Identifier: MIT
#include "tally/core/gemm.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "tally/core/random.hpp"
#include "tally/core/thread_team.hpp"

namespace tally {
namespace {

AlignedVector random_vector(Index size, std::uint32_t item) {
  AlignedVector values(static_cast<std::size_t>(size));
  RandomStream stream(1, Purpose::kInitialize, 0, item);
  for (Real& value : values) value = static_cast<Real>(stream.uniform() - 0.5);
  return values;
}

struct Shape {
  Index m, k, n;
};

class Gemm : public testing::TestWithParam<Shape> {
 protected:
  // The naive reference, in double: element(i, j) = sum over l of left(i, l) * right(l, j).
  template <typename Left, typename Right>
  void expect_product(const AlignedVector& product, Left left, Right right) const {
    const auto [m, k, n] = GetParam();
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        double sum = 0;
        for (Index l = 0; l < k; ++l) sum += static_cast<double>(left(i, l)) * right(l, j);
        ASSERT_NEAR(product[static_cast<std::size_t>(i * n + j)], sum, 1e-6 * std::sqrt(k) + 1e-6)
            << i << "," << j;
      }
    }
  }
};

TEST_P(Gemm, MatchesNaiveProducts) {
  const auto [m, k, n] = GetParam();
  const AlignedVector a = random_vector(m * k, 1);
  const AlignedVector b = random_vector(k * n, 2);
  AlignedVector product(static_cast<std::size_t>(m * n));
  const MatrixView result = matrix_view(product.data(), m, n);
  const auto at = [](const AlignedVector& matrix, Index columns) {
    return [&matrix, columns](Index i, Index j) {
      return matrix[static_cast<std::size_t>(i * columns + j)];
    };
  };
  const auto transposed = [&at](const AlignedVector& matrix, Index columns) {
    return [element = at(matrix, columns)](Index i, Index j) { return element(j, i); };
  };

  multiply(matrix_view(a.data(), m, k), matrix_view(b.data(), k, n), result);
  expect_product(product, at(a, k), at(b, n));
  multiply_left_transposed(matrix_view(a.data(), k, m), matrix_view(b.data(), k, n), result);
  expect_product(product, transposed(a, m), at(b, n));
  multiply_right_transposed(matrix_view(a.data(), m, k), matrix_view(b.data(), n, k), result);
  expect_product(product, at(a, k), transposed(b, k));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Gemm,
                         testing::Values(Shape{1, 1, 1}, Shape{1, 784, 100}, Shape{32, 784, 100},
                                         Shape{7, 13, 5}, Shape{784, 32, 100}, Shape{17, 100, 50},
                                         Shape{64, 50, 10}, Shape{3, 1000, 33}));

// One product alone, and the same product on every member of teams of several sizes.
TEST(Gemm, HasTheSameBitsInAnyTeam) {
  const Index m = 32, k = 784, n = 100;
  const AlignedVector a = random_vector(m * k, 1);
  const AlignedVector b = random_vector(k * n, 2);
  AlignedVector alone(static_cast<std::size_t>(m * n));
  multiply(matrix_view(a.data(), m, k), matrix_view(b.data(), k, n),
           matrix_view(alone.data(), m, n));
  for (int size = 1; size <= 4; ++size) {
    ThreadTeam(size).run([&](int) {
      AlignedVector product(static_cast<std::size_t>(m * n));
      multiply(matrix_view(a.data(), m, k), matrix_view(b.data(), k, n),
               matrix_view(product.data(), m, n));
      if (std::memcmp(product.data(), alone.data(), product.size() * sizeof(Real)) != 0) {
        throw std::runtime_error("other bits");
      }
    });
  }
}

// Eigen would take the blocking, and with it the order of each sum, from this machine's caches.
TEST(Gemm, TakesItsBlockingFromFixedCacheSizes) {
  const AlignedVector a = random_vector(16, 1);
  AlignedVector product(16);
  multiply(matrix_view(a.data(), 4, 4), matrix_view(a.data(), 4, 4),
           matrix_view(product.data(), 4, 4));
  EXPECT_EQ(Eigen::l1CacheSize(), 32 << 10);
  EXPECT_EQ(Eigen::l2CacheSize(), 256 << 10);
  EXPECT_EQ(Eigen::l3CacheSize(), 1 << 20);
}

TEST(KernelBackend, NamesTheLibraryAndItsVersion) {
  EXPECT_EQ(kernel_backend().substr(0, 8), "eigen-3.");
}

}  // namespace
}  // namespace tally
