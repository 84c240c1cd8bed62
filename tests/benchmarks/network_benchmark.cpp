// SPDX-License-Identifier: MIT
// The passes between the products: images to numbers, activations, loss.
#include <benchmark/benchmark.h>

#include "tally/nn/activation.hpp"
#include "tally/nn/loss.hpp"
#include "tally/nn/pixels.hpp"

namespace tally {
namespace {

constexpr Index kColumns = 100;
constexpr Index kStride = 112;

void images_to_inputs(benchmark::State& state) {
  const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(784 * state.range(0)), 7);
  AlignedVector inputs(pixels.size());
  for ([[maybe_unused]] auto _ : state) {
    scale_pixels(pixels, inputs.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(images_to_inputs)->Arg(32)->Arg(128);

void activate(benchmark::State& state, Activation activation) {
  const Index rows = state.range(0);
  const AlignedVector sums(static_cast<std::size_t>(rows * kStride), 0.3F);
  const AlignedVector bias(kStride, 0.1F);
  AlignedVector outputs(static_cast<std::size_t>(rows * kColumns));
  for ([[maybe_unused]] auto _ : state) {
    add_bias_and_activate(activation, matrix_view(sums.data(), rows, kStride), bias.data(),
                          matrix_view(outputs.data(), rows, kColumns));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * rows * kColumns);
}
BENCHMARK_CAPTURE(activate, tanh, Activation::kTanh)->Arg(32)->Arg(128);
BENCHMARK_CAPTURE(activate, sigmoid, Activation::kSigmoid)->Arg(32)->Arg(128);
BENCHMARK_CAPTURE(activate, relu, Activation::kRelu)->Arg(32)->Arg(128);

void differentiate_tanh(benchmark::State& state) {
  const Index rows = state.range(0);
  const AlignedVector outputs(static_cast<std::size_t>(rows * kColumns), 0.3F);
  const AlignedVector grads(outputs.size(), 0.2F);
  AlignedVector grad_sums(static_cast<std::size_t>(rows * kStride));
  AlignedVector grad_bias(kStride);
  for ([[maybe_unused]] auto _ : state) {
    differentiate(Activation::kTanh, matrix_view(outputs.data(), rows, kColumns),
                  matrix_view(grads.data(), rows, kColumns),
                  matrix_view(grad_sums.data(), rows, kStride), grad_bias.data(), Into::kReplace);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * rows * kColumns);
}
BENCHMARK(differentiate_tanh)->Arg(32)->Arg(128);

void softmax_cross_entropy(benchmark::State& state) {
  const Index rows = state.range(0);
  const AlignedVector logits(static_cast<std::size_t>(rows * 10), 0.3F);
  const std::vector<std::uint8_t> labels(static_cast<std::size_t>(rows), 3);
  std::vector<double> losses(labels.size());
  AlignedVector grads(logits.size());
  const SoftmaxCrossEntropy loss;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(loss.gradient(matrix_view(logits.data(), rows, 10), labels,
                                           matrix_view(grads.data(), rows, 10), losses));
  }
  state.SetItemsProcessed(state.iterations() * rows);
}
BENCHMARK(softmax_cross_entropy)->Arg(32)->Arg(128);

}  // namespace
}  // namespace tally
