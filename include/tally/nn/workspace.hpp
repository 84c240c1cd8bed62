// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/gemm.hpp"
#include "tally/nn/network.hpp"

namespace tally {

/// What one thread needs to run micro-batches of up to `max_rows` rows through a network:
/// activations, scratch and the GEMM. Sized once; the network must outlive it.
class ForwardWorkspace {
 public:
  ForwardWorkspace(const Network& network, Index max_rows, Kernels kernels = chosen_kernels());

  /// [rows x inputs]
  MatrixView inputs(Index rows) { return activations_.front().view(rows); }
  [[nodiscard]] Gemm& gemm() { return *gemm_; }

 protected:
  friend class Network;

  struct Buffer {
    Buffer(Index rows, Index width)
        : values(static_cast<std::size_t>(rows * width)), columns(width) {}
    MatrixView view(Index rows) { return matrix_view(values.data(), rows, columns); }

    AlignedVector values;
    Index columns;
  };

  std::vector<Buffer>
      activations_;            // number i is the input of layer i and the output of layer i - 1
  std::vector<Buffer> saved_;  // of each layer, from forward to backward; none if evaluating
  AlignedVector scratch_;      // of the layer at work
  std::unique_ptr<Gemm> gemm_;
};

/// The same, and the way back: gradients of the activations, and what layers save for it.
class TrainingWorkspace : public ForwardWorkspace {
 public:
  TrainingWorkspace(const Network& network, Index max_rows, Kernels kernels = chosen_kernels());

  /// [rows x outputs], for the gradient of the loss
  MatrixView grad_outputs(Index rows) { return gradients_.back().view(rows); }

 private:
  friend class Network;

  std::vector<Buffer> gradients_;  // of each of the activations
};

}  // namespace tally
