// SPDX-License-Identifier: MIT
#include "tally/core/gemm.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include "tally/core/build_info.hpp"
#include "tally/core/error.hpp"
#include "tally/core/random.hpp"
#include "tally/core/thread_team.hpp"

namespace tally {

// NOLINTNEXTLINE: GoogleTest's name
inline void PrintTo(Kernels kernels, std::ostream* out) {
  *out << kKernelNames[static_cast<std::size_t>(kernels)];
}

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

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.m << "x" << shape.k << "x" << shape.n;
}

// Those that this build has.
std::vector<Kernels> built_kernels() {
  std::vector<Kernels> kernels = {Kernels::kTally, Kernels::kOneDnn, Kernels::kEigen};
  std::erase_if(kernels, [](Kernels each) { return !has_kernels(each); });
  return kernels;
}

class GemmShapes : public testing::TestWithParam<std::tuple<Kernels, Shape>> {
 protected:
  Shape shape() const { return std::get<1>(GetParam()); }
  std::unique_ptr<Gemm> gemm_ = make_gemm(std::get<0>(GetParam()));

  // The naive reference, in double: element(i, j) = sum over l of left(i, l) * right(l, j).
  template <typename Left, typename Right>
  void expect_product(const AlignedVector& product, Left left, Right right) const {
    const auto [m, k, n] = shape();
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

TEST_P(GemmShapes, MatchNaiveProducts) {
  const auto [m, k, n] = shape();
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

  gemm_->multiply(matrix_view(a.data(), m, k), matrix_view(b.data(), k, n), result);
  expect_product(product, at(a, k), at(b, n));
  gemm_->multiply_left_transposed(matrix_view(a.data(), k, m), matrix_view(b.data(), k, n), result,
                                  Into::kReplace);
  expect_product(product, transposed(a, m), at(b, n));
  gemm_->multiply_left_transposed(matrix_view(a.data(), k, m), matrix_view(b.data(), k, n), result,
                                  Into::kAdd);
  for (Real& element : product) element /= 2;
  expect_product(product, transposed(a, m), at(b, n));
  gemm_->multiply_right_transposed(matrix_view(a.data(), m, k), matrix_view(b.data(), n, k),
                                   result);
  expect_product(product, at(a, k), transposed(b, k));
}

// What a fused addition may save is only allowed where it changes no bit; the trainer asks first.
TEST_P(GemmShapes, AddWithTheBitsOfAnAdditionAfterwardsIfTheySaySo) {
  const auto [m, k, n] = shape();
  if (!adds_exactly(*gemm_, k, m, n)) GTEST_SKIP() << "this product is cut along k";
  const AlignedVector a = random_vector(k * m, 4);
  const AlignedVector b = random_vector(k * n, 5);
  AlignedVector product(static_cast<std::size_t>(m * n));
  AlignedVector sum = random_vector(m * n, 6);
  AlignedVector expected = sum;
  gemm_->multiply_left_transposed(matrix_view(a.data(), k, m), matrix_view(b.data(), k, n),
                                  matrix_view(product.data(), m, n), Into::kReplace);
  gemm_->multiply_left_transposed(matrix_view(a.data(), k, m), matrix_view(b.data(), k, n),
                                  matrix_view(sum.data(), m, n), Into::kAdd);
  for (std::size_t i = 0; i < product.size(); ++i) expected[i] += product[i];
  EXPECT_EQ(sum, expected);
}

INSTANTIATE_TEST_SUITE_P(AllKernels, GemmShapes,
                         testing::Combine(testing::ValuesIn(built_kernels()),
                                          testing::Values(Shape{1, 1, 1}, Shape{1, 784, 100},
                                                          Shape{32, 784, 112}, Shape{7, 13, 5},
                                                          Shape{784, 32, 112}, Shape{17, 100, 64},
                                                          Shape{64, 50, 16}, Shape{3, 1000, 33})));

class GemmTeams : public testing::TestWithParam<Kernels> {};

// One product alone, and the same product on every member of teams of several sizes.
TEST_P(GemmTeams, HaveTheSameBits) {
  const Index m = 1, k = 784, n = 100;
  const AlignedVector a = random_vector(m * k, 1);
  const AlignedVector b = random_vector(k * n, 2);
  const auto product = [&] {
    AlignedVector result(static_cast<std::size_t>(m * n));
    make_gemm(GetParam())
        ->multiply(matrix_view(a.data(), m, k), matrix_view(b.data(), k, n),
                   matrix_view(result.data(), m, n));
    return result;
  };
  const AlignedVector alone = product();
  for (int size = 1; size <= 4; ++size) {
    ThreadTeam(size).run([&](int) {
      if (std::memcmp(product().data(), alone.data(), alone.size() * sizeof(Real)) != 0) {
        throw std::runtime_error("other bits");
      }
    });
  }
}

// oneDNN would take OpenMP's default number of threads where no region is open.
TEST_P(GemmTeams, DoNotAskForTheDefaultNumberOfThreads) {
  const int before = omp_get_max_threads();
  const AlignedVector a = random_vector(784, 1);
  const AlignedVector b = random_vector(784 * 100, 2);
  std::vector<AlignedVector> results;
  for (const int threads : {1, 2, 4}) {
    omp_set_num_threads(threads);
    results.emplace_back(100);
    make_gemm(GetParam())
        ->multiply(matrix_view(a.data(), 1, 784), matrix_view(b.data(), 784, 100),
                   matrix_view(results.back().data(), 1, 100));
  }
  omp_set_num_threads(before);
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

INSTANTIATE_TEST_SUITE_P(AllKernels, GemmTeams, testing::ValuesIn(built_kernels()));

// Eigen would take the blocking, and with it the order of each sum, from this machine's caches.
TEST(EigenGemm, TakesItsBlockingFromFixedCacheSizes) {
  make_gemm(Kernels::kEigen);
  EXPECT_EQ(Eigen::l1CacheSize(), 32 << 10);
  EXPECT_EQ(Eigen::l2CacheSize(), 256 << 10);
  EXPECT_EQ(Eigen::l3CacheSize(), 1 << 20);
}

TEST(KernelBackend, NamesTheLibraryAndItsVersion) {
  EXPECT_EQ(kernel_backend(Kernels::kEigen).substr(0, 8), "eigen-3.");
  for (const Kernels kernels : built_kernels()) {
    const std::string_view name = kKernelNames[static_cast<std::size_t>(kernels)];
    EXPECT_THAT(kernel_backend(kernels), testing::StartsWith(std::string(name) + "-"));
  }
}

TEST(ChosenKernels, FollowTheEnvironment) {
  const char* before = std::getenv("TALLY_KERNELS");
  const std::string saved = before == nullptr ? "" : before;
  setenv("TALLY_KERNELS", "eigen", 1);
  EXPECT_EQ(chosen_kernels(), Kernels::kEigen);
  setenv("TALLY_KERNELS", "mkl", 1);
  EXPECT_THROW(chosen_kernels(), Error);
  setenv("TALLY_KERNELS", "\x1B[31m", 1);
  EXPECT_THAT([] { chosen_kernels(); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("got \"\\x1B[31m\"")));
  setenv("TALLY_KERNELS", saved.c_str(), 1);
  EXPECT_NO_THROW(chosen_kernels());
}

TEST(KernelBackend, NamesWhatLimitsOneDnnIfThatIsLess) {
  if (!has_kernels(Kernels::kOneDnn)) GTEST_SKIP() << "this build is without oneDNN";
  unsetenv("DNNL_MAX_CPU_ISA");  // which may limit all of this test
  const std::string without = kernel_backend(Kernels::kOneDnn);
  for (const char* name : {"ALL", "AVX512_CORE_AMX", "SSE41", "sse41"}) {
    setenv("DNNL_MAX_CPU_ISA", name, 1);
    const bool is_less = std::string_view(name).size() == 5 && instruction_set() != "sse2";
    EXPECT_EQ(kernel_backend(Kernels::kOneDnn), without + (is_less ? "-sse41" : "")) << name;
  }
  setenv("DNNL_MAX_CPU_ISA", "avx-2", 1);
  EXPECT_THROW(kernel_backend(Kernels::kOneDnn), Error);
  unsetenv("DNNL_MAX_CPU_ISA");
}

}  // namespace
}  // namespace tally
