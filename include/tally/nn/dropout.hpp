// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// Drops a share of its inputs at random, written "dropout:0.5".
struct DropoutSpec {
  double share = 0;  ///< that is dropped, below 1

  static std::vector<std::string_view> notations() { return {"dropout:P"}; }
  /// Nothing for another kind of layer. Throws an Error for one of this kind that is wrong.
  static std::optional<DropoutSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "dropout"; }
  [[nodiscard]] Shape output(Shape input) const { return input; }
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

/// Inverted dropout (Srivastava et al., "Dropout", JMLR 2014, section 10), as PyTorch has it. In
/// training y = x m with m = 0 where the input is dropped and 1 / (1 - share) elsewhere, so that
/// the mean stays as it was; in evaluation y = x.
///
/// Input j of a sample is dropped where number j of the stream of (seed, the layer's position,
/// epoch, id of the sample) is below share * 2^32: the same on any rank, in any batch, and after a
/// resume.
class Dropout : public Layer {
 public:
  Dropout(Shape shape, const DropoutSpec& spec);

  /// The factors m.
  [[nodiscard]] Index saved_columns() const override { return input().size(); }
  void forward(const Real* parameters, ConstMatrixView inputs, MatrixView outputs,
               const Pass& pass) const override;
  void backward(const Real* parameters, const Gradients& gradients,
                const Pass& pass) const override;

 private:
  void draw_factors(Index row, const Pass& pass) const;

  std::uint64_t dropped_below_;  // of 32 random bits
  Real kept_factor_;
};

}  // namespace tally
