// SPDX-License-Identifier: MIT
// The layers of --preset cnn on micro-batches, pass by pass: by the kernels of this build, and by
// gathered windows and Eigen's GEMM. Rates count all products, also those that zeros leave out.
#include <benchmark/benchmark.h>

#include "tally/nn/layer_spec.hpp"
#include "tally/nn/network.hpp"
#include "tally/nn/workspace.hpp"

namespace tally {
namespace {

constexpr std::string_view kNetwork =
    "conv:16@5x5,relu,max-pool:2,conv:32@5x5,relu,max-pool:2,dense:128,relu,dense:10";

AlignedVector random_values(Index size, std::uint32_t item, double used) {
  AlignedVector values(static_cast<std::size_t>(size));
  RandomStream stream(1, Purpose::kInitialize, 0, item);
  for (Real& value : values) {
    const auto drawn = static_cast<Real>(stream.uniform() - 0.5);
    value = stream.uniform() < used ? drawn : 0;
  }
  return values;
}

enum class Way { kForward, kBackward, kBackwardOfWeights };

// Layer `number` of the fused network, on inputs of which `used` are not 0.
void layer_pass(benchmark::State& state, Kernels kernels, std::size_t number, Way way,
                double used) {
  const Index rows = state.range(0);
  const LayerSpec spec = fused(parse_layers(kNetwork, {28, 28, 1}))[number];
  const auto layer = spec.make_layer();
  const auto gemm = make_gemm(kernels);
  ParameterLayout layout;
  layout.append(spec.name(), layer->parameter_shapes());
  const AlignedVector parameters = random_values(static_cast<Index>(layout.size()), 1, 1);
  const AlignedVector inputs = random_values(rows * layer->input().size(), 2, used);
  const AlignedVector grads = random_values(rows * layer->output().size(), 3, 1);
  AlignedVector outputs(grads.size()), grad_inputs(inputs.size()), gradient(parameters.size());
  AlignedVector scratch(static_cast<std::size_t>(layer->scratch_size(rows)));
  AlignedVector saved(static_cast<std::size_t>(rows * layer->saved_columns()));
  const Batch batch{rows, Mode::kTrain};
  const Pass pass{batch, 0, *gemm, scratch.data(), saved.data()};
  const auto in = matrix_view(inputs.data(), rows, layer->input().size());
  MatrixView out = matrix_view(outputs.data(), rows, layer->output().size());
  MatrixView grad_in = matrix_view(grad_inputs.data(), rows, layer->input().size());
  layer->forward(parameters.data(), in, out, pass);
  for ([[maybe_unused]] auto _ : state) {
    if (way == Way::kForward) {
      layer->forward(parameters.data(), in, out, pass);
    } else {
      layer->backward(parameters.data(),
                      {in, read_only(out), matrix_view(grads.data(), rows, layer->output().size()),
                       way == Way::kBackward ? &grad_in : nullptr, gradient.data()},
                      pass);
    }
    benchmark::ClobberMemory();
  }
  const auto per_pass = static_cast<double>(rows * 2 * layer->multiplications());
  const double passes = way == Way::kBackward ? 2 : 1;
  state.counters["GFLOP/s"] =
      benchmark::Counter(1e-9 * passes * per_pass, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["us/sample"] = benchmark::Counter(
      1e-6 * static_cast<double>(rows),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Forward, loss gradient and backward of the whole network.
void network_pass(benchmark::State& state, Kernels kernels) {
  const Index rows = state.range(0);
  const Network network(kNetwork, Shape{28, 28, 1});
  TrainingWorkspace workspace(network, rows, kernels);
  const AlignedVector parameters = network.initial_parameters(Initializer::kHe, 1);
  const AlignedVector inputs = random_values(rows * network.inputs(), 2, 0.19);
  std::copy(inputs.begin(), inputs.end(), workspace.inputs(rows).data());
  AlignedVector gradient(network.layout().size());
  const Batch batch{rows, Mode::kTrain};
  for ([[maybe_unused]] auto _ : state) {
    workspace.grad_outputs(rows) = network.forward(parameters.data(), workspace, batch);
    network.backward(parameters.data(), workspace, batch, gradient.data());
    benchmark::ClobberMemory();
  }
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate);
}

void register_all() {
  for (const Kernels kernels : {chosen_kernels(), Kernels::kEigen}) {
    const std::string by(kKernelNames[static_cast<std::size_t>(kernels)]);
    const auto add = [&](const std::string& name, std::size_t layer, Way way, double used) {
      benchmark::RegisterBenchmark((by + "/" + name).c_str(), layer_pass, kernels, layer, way, used)
          ->Arg(32)
          ->Arg(64);
    };
    add("conv1_forward", 0, Way::kForward, 0.19);
    add("conv1_weights", 0, Way::kBackwardOfWeights, 0.19);
    add("conv2_forward", 1, Way::kForward, 0.6);
    add("conv2_weights", 1, Way::kBackwardOfWeights, 0.6);
    add("conv2_backward", 1, Way::kBackward, 0.6);
    benchmark::RegisterBenchmark((by + "/cnn").c_str(), network_pass, kernels)->Arg(32)->Arg(64);
  }
}

[[maybe_unused]] const bool kAreRegistered = (register_all(), true);

}  // namespace
}  // namespace tally
