// SPDX-License-Identifier: MIT
#include "tally/nn/workspace.hpp"

#include <algorithm>

namespace tally {

ForwardWorkspace::ForwardWorkspace(const Network& network, Index max_rows, Kernels kernels)
    : gemm_(make_gemm(kernels)) {
  activations_.emplace_back(max_rows, network.inputs());
  Index scratch_size = 0;
  for (const auto& [name, position, layer] : network.layers_) {
    activations_.emplace_back(max_rows, layer->output().size());
    scratch_size = std::max(scratch_size, layer->scratch_size(max_rows));
  }
  scratch_.resize(static_cast<std::size_t>(scratch_size));
}

TrainingWorkspace::TrainingWorkspace(const Network& network, Index max_rows, Kernels kernels)
    : ForwardWorkspace(network, max_rows, kernels) {
  for (const Buffer& activation : activations_) {
    gradients_.emplace_back(max_rows, activation.columns);
  }
  for (const auto& [name, position, layer] : network.layers_) {
    saved_.emplace_back(max_rows, layer->saved_columns());
  }
}

}  // namespace tally
