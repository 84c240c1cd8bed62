// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tally/nn/layer.hpp"
#include "tally/nn/layer_spec.hpp"
#include "tally/nn/parameters.hpp"

namespace tally {

class ForwardWorkspace;
class TrainingWorkspace;

/// A layer and what it is called by in the layout of a network's parameters.
struct NamedLayer {
  std::string name;  ///< "0-dense"
  int position = 0;  ///< in the text of the network
  std::unique_ptr<Layer> layer;
};

/// A chain of layers and the layout of their parameters. It holds no numbers: any number of
/// threads may use one network at the same time, each with its own workspace.
class Network {
 public:
  /// Throws an Error for a text that is not one (see layer_spec.hpp), has no layer that can
  /// learn, does not end in 2 to 256 outputs, or has more than 2^31 parameters.
  Network(std::string_view text, Shape input);
  Network(std::string_view text, Index inputs) : Network(text, flat(inputs)) {}

  /// Of layers that fit each other, whatever they are; it has no specs.
  explicit Network(std::vector<NamedLayer> layers);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const LayerSpecs& specs() const { return specs_; }  ///< as written, not fused
  [[nodiscard]] Index inputs() const { return layers_.front().layer->input().size(); }
  [[nodiscard]] Index outputs() const { return layers_.back().layer->output().size(); }
  [[nodiscard]] const ParameterLayout& layout() const { return layout_; }

  /// A flat vector of initial parameters: a pure function of its arguments.
  [[nodiscard]] AlignedVector initial_parameters(Initializer initializer, std::uint64_t seed) const;

  /// Maps workspace.inputs(rows) to the outputs [rows x outputs()], which live in the workspace.
  /// In training mode it must be a TrainingWorkspace.
  ConstMatrixView forward(const Real* parameters, ForwardWorkspace& workspace,
                          const Batch& batch) const;

  /// After forward() of the same batch, and with the gradient of the loss in
  /// workspace.grad_outputs(rows): writes the gradient summed over the rows to every block of the
  /// flat vector `gradient`, or adds it.
  void backward(const Real* parameters, TrainingWorkspace& workspace, const Batch& batch,
                Real* gradient, Into into = Into::kReplace) const;

  /// Whether Into::kAdd has the bits of computing the gradient of `rows` rows apart and adding it.
  [[nodiscard]] bool adds_exactly(Index rows, Gemm& gemm) const;

  /// Floating-point operations of the products of a forward and a backward pass, per sample.
  [[nodiscard]] std::int64_t training_operations() const;

 private:
  friend class ForwardWorkspace;
  friend class TrainingWorkspace;

  [[nodiscard]] Pass pass_of(std::size_t layer, ForwardWorkspace& workspace,
                             const Batch& batch) const;

  std::string text_;
  LayerSpecs specs_;
  std::vector<NamedLayer> layers_;
  std::vector<std::size_t> offsets_;  // of each layer's first block
  std::size_t first_learning_layer_ = 0;
  ParameterLayout layout_;
};

}  // namespace tally
