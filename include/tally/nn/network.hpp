// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tally/nn/layer.hpp"
#include "tally/nn/parameters.hpp"

namespace tally {

class NetworkWorkspace;

/// A chain of layers and the layout of their parameters. It holds no numbers: any number of
/// threads may use one network at the same time, each with its own workspace.
class Network {
 public:
  /// Throws an Error for a spec that is not one (see network_spec.hpp), has no layer that can
  /// learn, does not end in 2 to 256 outputs, or has more than 2^31 parameters.
  Network(std::string_view spec, Index inputs);

  [[nodiscard]] const std::string& spec() const { return spec_; }
  [[nodiscard]] Index inputs() const { return layers_.front()->inputs(); }
  [[nodiscard]] Index outputs() const { return layers_.back()->outputs(); }
  [[nodiscard]] const std::vector<std::unique_ptr<Layer>>& layers() const { return layers_; }
  [[nodiscard]] const ParameterLayout& layout() const { return layout_; }

  /// "784-100-50-10": the widths of the input and of each dense layer.
  [[nodiscard]] std::string shape_text() const;

  /// A flat vector of initial parameters: a pure function of its arguments.
  [[nodiscard]] AlignedVector initial_parameters(Initializer initializer, std::uint64_t seed) const;

  /// Maps workspace.inputs(rows) to the outputs [rows x outputs()], which live in the workspace.
  ConstMatrixView forward(const Real* parameters, NetworkWorkspace& workspace, Index rows) const;

  /// After forward(), and with the gradient of the loss in workspace.grad_outputs(rows):
  /// writes the gradient summed over the rows to every block of the flat vector
  /// `gradient`, or adds it.
  void backward(const Real* parameters, NetworkWorkspace& workspace, Index rows, Real* gradient,
                Into into = Into::kReplace) const;

  /// Whether Into::kAdd has the bits of computing the gradient of `rows` rows apart and adding it.
  [[nodiscard]] bool adds_exactly(NetworkWorkspace& workspace, Index rows) const;

  /// Floating-point operations of the products of a forward and a backward pass, per sample.
  [[nodiscard]] std::int64_t training_operations() const;

 private:
  std::string spec_;
  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<int> positions_;        // of each layer in the spec
  std::vector<std::size_t> offsets_;  // of each layer's first block
  std::size_t first_learning_layer_ = 0;
  ParameterLayout layout_;
};

/// The activations of one micro-batch and their gradients, and the products, for one thread.
class NetworkWorkspace {
 public:
  NetworkWorkspace(const Network& network, Index max_rows, Kernels kernels = chosen_kernels());

  /// [rows x inputs]
  MatrixView inputs(Index rows) { return activation(0, rows); }
  /// [rows x outputs], for the gradient of the loss
  MatrixView grad_outputs(Index rows) { return gradient(activations_.size() - 1, rows); }

 private:
  friend class Network;

  struct Buffer {
    AlignedVector values;
    Index columns = 0;
    MatrixView view(Index rows) { return matrix_view(values.data(), rows, columns); }
  };

  Workbench bench() { return {*gemm_, room_.data()}; }

  // Number i is the input of layer i and the output of layer i - 1.
  MatrixView activation(std::size_t number, Index rows) { return activations_[number].view(rows); }
  MatrixView gradient(std::size_t number, Index rows) { return gradients_[number].view(rows); }

  std::vector<Buffer> activations_;
  std::vector<Buffer> gradients_;
  std::unique_ptr<Gemm> gemm_;
  AlignedVector room_;
};

}  // namespace tally
