// SPDX-License-Identifier: MIT
#include "tally/run/peak_rate.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "tally/core/gemm.hpp"

namespace tally {

double measure_peak() {
  using Clock = std::chrono::steady_clock;
  constexpr Index kSize = 1024;
  constexpr int kProducts = 9;
  const AlignedVector left(kSize * kSize, 0.5F);
  const AlignedVector right(kSize * kSize, 0.25F);
  AlignedVector product(kSize * kSize);
  const auto gemm = make_gemm(chosen_kernels());
  std::vector<double> gflops;
  for (int i = 0; i <= kProducts; ++i) {
    const auto start = Clock::now();
    gemm->multiply(matrix_view(left.data(), kSize, kSize), matrix_view(right.data(), kSize, kSize),
                   matrix_view(product.data(), kSize, kSize));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (i > 0)
      gflops.push_back(2.0 * kSize * kSize * kSize / seconds * 1e-9);  // the first warms up
  }
  std::ranges::nth_element(gflops, gflops.begin() + kProducts / 2);
  return gflops[kProducts / 2];
}

}  // namespace tally
