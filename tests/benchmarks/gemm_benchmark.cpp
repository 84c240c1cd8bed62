// SPDX-License-Identifier: MIT
// Matrix products of the shapes that training needs, and the machine's peak by the same library.
#include <benchmark/benchmark.h>

#include "tally/core/gemm.hpp"

namespace tally {
namespace {

enum class Form { kPlain, kLeftTransposed, kLeftTransposedAdd, kRightTransposed };

void count_operations(benchmark::State& state, Index m, Index n, Index k) {
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(m * n * k),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

// product [m x n] over k
void product(benchmark::State& state, Form form, Index m, Index n, Index k) {
  const auto gemm = make_gemm(chosen_kernels());
  const AlignedVector left(static_cast<std::size_t>(m * k), 0.5F);
  const AlignedVector right(static_cast<std::size_t>(k * n), 0.25F);
  AlignedVector result(static_cast<std::size_t>(m * n));
  const MatrixView out = matrix_view(result.data(), m, n);
  for ([[maybe_unused]] auto _ : state) {
    switch (form) {
      case Form::kPlain:
        gemm->multiply(matrix_view(left.data(), m, k), matrix_view(right.data(), k, n), out);
        break;
      case Form::kLeftTransposed:
      case Form::kLeftTransposedAdd:
        gemm->multiply_left_transposed(matrix_view(left.data(), k, m),
                                       matrix_view(right.data(), k, n), out,
                                       form == Form::kLeftTransposed ? Into::kReplace : Into::kAdd);
        break;
      case Form::kRightTransposed:
        gemm->multiply_right_transposed(matrix_view(left.data(), m, k),
                                        matrix_view(right.data(), n, k), out);
        break;
    }
    benchmark::ClobberMemory();
  }
  count_operations(state, m, n, k);
}

BENCHMARK_CAPTURE(product, peak, Form::kPlain, 1024, 1024, 1024)->Name("peak/1024");

// The first layer of 784-100-50-10, whose rows have room for 112 outputs, per micro-batch.
void forward_784_100(benchmark::State& state) {
  product(state, Form::kPlain, state.range(0), 112, 784);
}
void weight_gradient_784_100(benchmark::State& state) {
  product(state, Form::kLeftTransposed, 784, 112, state.range(0));
}
void weight_gradient_784_100_add(benchmark::State& state) {
  product(state, Form::kLeftTransposedAdd, 784, 112, state.range(0));
}
void input_gradient_100_50(benchmark::State& state) {
  product(state, Form::kRightTransposed, state.range(0), 100, 64);
}
BENCHMARK(forward_784_100)->RangeMultiplier(2)->Range(1, 256);
BENCHMARK(weight_gradient_784_100)->RangeMultiplier(2)->Range(1, 256);
BENCHMARK(weight_gradient_784_100_add)->RangeMultiplier(2)->Range(1, 256);
BENCHMARK(input_gradient_100_50)->RangeMultiplier(2)->Range(16, 256);

}  // namespace
}  // namespace tally
