// SPDX-License-Identifier: MIT
#include "tally/nn/network.hpp"

#include <algorithm>
#include <cassert>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/nn/workspace.hpp"

namespace tally {
namespace {

constexpr std::size_t kMaxParameters = std::size_t{1} << 31;
constexpr Index kMaxClasses = 256;  // labels are single bytes

std::vector<NamedLayer> make_layers(const LayerSpecs& specs) {
  std::vector<NamedLayer> layers;
  for (const LayerSpec& spec : fused(specs)) {
    layers.push_back({spec.name(), spec.position, spec.make_layer()});
  }
  return layers;
}

}  // namespace

Network::Network(std::string_view text, Shape input)
    : Network(make_layers(parse_layers(text, input))) {
  text_ = text;
  specs_ = parse_layers(text, input);
  require(layout_.count() > 0, ExitCode::kUsage,
          "network \"{}\": no layer has parameters to learn; expected at least one dense:N",
          printable(text));
  require(outputs() >= 2 && outputs() <= kMaxClasses, ExitCode::kUsage,
          "network \"{}\": ends in {}; expected 2 to {}, one per class", printable(text),
          counted(outputs(), "output"), kMaxClasses);
  require(layout_.count() <= kMaxParameters, ExitCode::kUsage,
          "network \"{}\": {} parameters; at most {} are allowed", printable(text),
          grouped(static_cast<std::int64_t>(layout_.count())),
          grouped(static_cast<std::int64_t>(kMaxParameters)));
}

Network::Network(std::vector<NamedLayer> layers)
    : layers_(std::move(layers)), first_learning_layer_(layers_.size()) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto shapes = layers_[i].layer->parameter_shapes();
    if (!shapes.empty()) first_learning_layer_ = std::min(first_learning_layer_, i);
    offsets_.push_back(layout_.append(layers_[i].name, shapes));
  }
}

AlignedVector Network::initial_parameters(Initializer initializer, std::uint64_t seed) const {
  AlignedVector parameters(layout_.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    RandomStream stream(seed, Purpose::kInitialize, 0,
                        static_cast<std::uint32_t>(layers_[i].position));
    layers_[i].layer->initialize_parameters(initializer, stream, parameters.data() + offsets_[i]);
  }
  return parameters;
}

Pass Network::pass_of(std::size_t layer, ForwardWorkspace& workspace, const Batch& batch) const {
  const bool saves = batch.mode == Mode::kTrain;
  assert(!saves || !workspace.saved_.empty());
  return {batch, layers_[layer].position, *workspace.gemm_, workspace.scratch_.data(),
          saves ? workspace.saved_[layer].values.data() : nullptr};
}

ConstMatrixView Network::forward(const Real* parameters, ForwardWorkspace& workspace,
                                 const Batch& batch) const {
  auto& activations = workspace.activations_;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    layers_[i].layer->forward(parameters + offsets_[i], read_only(activations[i].view(batch.rows)),
                              activations[i + 1].view(batch.rows), pass_of(i, workspace, batch));
  }
  return read_only(activations.back().view(batch.rows));
}

void Network::backward(const Real* parameters, TrainingWorkspace& workspace, const Batch& batch,
                       Real* gradient, Into into) const {
  auto& activations = workspace.activations_;
  auto& gradients = workspace.gradients_;
  for (std::size_t i = layers_.size(); i-- > first_learning_layer_;) {
    MatrixView grad_inputs = gradients[i].view(batch.rows);
    layers_[i].layer->backward(
        parameters + offsets_[i],
        {read_only(activations[i].view(batch.rows)), read_only(activations[i + 1].view(batch.rows)),
         read_only(gradients[i + 1].view(batch.rows)),
         i > first_learning_layer_ ? &grad_inputs : nullptr, gradient + offsets_[i], into},
        pass_of(i, workspace, batch));
  }
}

bool Network::adds_exactly(Index rows, Gemm& gemm) const {
  return std::ranges::all_of(
      layers_, [&](const NamedLayer& named) { return named.layer->adds_exactly(rows, gemm); });
}

std::int64_t Network::training_operations() const {
  std::int64_t operations = 0;
  for (std::size_t i = first_learning_layer_; i < layers_.size(); ++i) {
    // Forward, the gradient of the weights, and that of the inputs where something before learns.
    const int passes = i > first_learning_layer_ ? 3 : 2;
    operations += 2 * passes * layers_[i].layer->multiplications();
  }
  return operations;
}

}  // namespace tally
