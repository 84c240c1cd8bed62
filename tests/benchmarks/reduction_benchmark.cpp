// SPDX-License-Identifier: MIT
// What follows the products: adding leaves and updating, for 784-100-50-10.
#include <benchmark/benchmark.h>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/summation_tree.hpp"
#include "tally/optim/sgd.hpp"

namespace tally {
namespace {

constexpr std::size_t kSize = 95'200;

// Vectors in tree order by a binary counter, as a worker adds its leaves.
void tree_sum_of_leaves(benchmark::State& state) {
  const std::int64_t leaves = state.range(0);
  std::vector<AlignedArray<float>> slots(12, AlignedArray<float>(kSize, 1.0F));
  SummationStack stack(leaves);
  for ([[maybe_unused]] auto _ : state) {
    stack.reset(leaves);
    for (std::int64_t leaf = 0; leaf < leaves; ++leaf) {
      stack.push({0, leaf}, static_cast<std::int64_t>(stack.entries().size()),
                 [&](Addition addition) {
                   add_vectors(slots[static_cast<std::size_t>(addition.into)].data(),
                               slots[static_cast<std::size_t>(addition.from)].data(),
                               {0, static_cast<std::int64_t>(kSize)});
                 });
    }
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * (leaves - 1) *
                          static_cast<std::int64_t>(3 * kSize * sizeof(float)));
}
BENCHMARK(tree_sum_of_leaves)->Arg(2)->Arg(4)->Arg(16);

void sgd_update(benchmark::State& state) {
  const Sgd sgd{static_cast<double>(state.range(0)) / 10, false, 3e-4};
  const AlignedVector gradient(kSize, 1e-3F);
  AlignedVector velocity(kSize), parameters(kSize, 0.1F);
  for ([[maybe_unused]] auto _ : state) {
    update(sgd, 1e-6, {gradient, 128}, velocity, parameters);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kSize));
}
BENCHMARK(sgd_update)->ArgName("momentum_tenths")->Arg(0)->Arg(9);

}  // namespace
}  // namespace tally
