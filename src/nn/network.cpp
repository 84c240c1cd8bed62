// SPDX-License-Identifier: MIT
#include "tally/nn/network.hpp"

#include <algorithm>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/nn/network_spec.hpp"

namespace tally {
namespace {

constexpr std::size_t kMaxParameters = std::size_t{1} << 31;
constexpr Index kMaxClasses = 256;  // labels are single bytes

}  // namespace

Network::Network(std::string_view spec, Index inputs)
    : spec_(spec), layers_(parse_network_spec(spec, inputs)) {
  first_learning_layer_ = layers_.size();
  int position = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto shapes = layers_[i]->parameter_shapes();
    if (!shapes.empty()) first_learning_layer_ = std::min(first_learning_layer_, i);
    positions_.push_back(position);
    offsets_.push_back(layout_.append(fmt::format("{}-{}", position, layers_[i]->kind()), shapes));
    position += layers_[i]->spec_layers();
  }
  require(layout_.count() > 0, ExitCode::kUsage,
          "network \"{}\": no layer has parameters to learn; expected at least one dense:N",
          printable(spec));
  require(outputs() >= 2 && outputs() <= kMaxClasses, ExitCode::kUsage,
          "network \"{}\": ends in {}; expected 2 to {}, one per class", printable(spec),
          counted(outputs(), "output"), kMaxClasses);
  require(layout_.count() <= kMaxParameters, ExitCode::kUsage,
          "network \"{}\": {} parameters; at most {} are allowed", printable(spec),
          grouped(static_cast<std::int64_t>(layout_.count())),
          grouped(static_cast<std::int64_t>(kMaxParameters)));
}

std::string Network::shape_text() const {
  std::string text = std::to_string(inputs());
  for (const auto& layer : layers_) {
    if (layer->kind() == "dense") text += fmt::format("-{}", layer->outputs());
  }
  return text;
}

AlignedVector Network::initial_parameters(Initializer initializer, std::uint64_t seed) const {
  AlignedVector parameters(layout_.size());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    RandomStream stream(seed, Purpose::kInitialize, 0, static_cast<std::uint32_t>(positions_[i]));
    layers_[i]->initialize_parameters(initializer, stream, parameters.data() + offsets_[i]);
  }
  return parameters;
}

ConstMatrixView Network::forward(const Real* parameters, NetworkWorkspace& workspace,
                                 Index rows) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    layers_[i]->forward(parameters + offsets_[i], read_only(workspace.activation(i, rows)),
                        workspace.activation(i + 1, rows), workspace.bench());
  }
  return read_only(workspace.activation(layers_.size(), rows));
}

void Network::backward(const Real* parameters, NetworkWorkspace& workspace, Index rows,
                       Real* gradient, Into into) const {
  for (std::size_t i = layers_.size(); i-- > first_learning_layer_;) {
    MatrixView grad_inputs = workspace.gradient(i, rows);
    const BackwardPass pass{read_only(workspace.activation(i, rows)),
                            read_only(workspace.activation(i + 1, rows)),
                            read_only(workspace.gradient(i + 1, rows)),
                            i > first_learning_layer_ ? &grad_inputs : nullptr,
                            gradient + offsets_[i],
                            into};
    layers_[i]->backward(parameters + offsets_[i], pass, workspace.bench());
  }
}

bool Network::adds_exactly(NetworkWorkspace& workspace, Index rows) const {
  return std::ranges::all_of(
      layers_, [&](const auto& layer) { return layer->adds_exactly(rows, *workspace.gemm_); });
}

std::int64_t Network::training_operations() const {
  std::int64_t operations = 0;
  for (std::size_t i = first_learning_layer_; i < layers_.size(); ++i) {
    if (layers_[i]->parameter_shapes().empty()) continue;
    // Forward, the gradient of the weights, and that of the inputs where something before learns.
    const int products = i > first_learning_layer_ ? 3 : 2;
    operations += 2 * products * layers_[i]->inputs() * layers_[i]->outputs();
  }
  return operations;
}

NetworkWorkspace::NetworkWorkspace(const Network& network, Index max_rows, Kernels kernels)
    : gemm_(make_gemm(kernels)) {
  const auto add = [max_rows](std::vector<Buffer>& buffers, Index columns) {
    buffers.push_back({AlignedVector(static_cast<std::size_t>(max_rows * columns)), columns});
  };
  add(activations_, network.inputs());
  add(gradients_, network.inputs());
  for (const auto& layer : network.layers()) {
    add(activations_, layer->outputs());
    add(gradients_, layer->outputs());
    room_.resize(
        std::max(room_.size(), static_cast<std::size_t>(max_rows * layer->room_columns())));
  }
}

}  // namespace tally
