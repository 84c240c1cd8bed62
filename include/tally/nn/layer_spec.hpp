// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tally/nn/activation.hpp"
#include "tally/nn/average_pool.hpp"
#include "tally/nn/batch_norm.hpp"
#include "tally/nn/convolution.hpp"
#include "tally/nn/dense.hpp"
#include "tally/nn/dropout.hpp"
#include "tally/nn/flatten.hpp"
#include "tally/nn/global_average_pool.hpp"
#include "tally/nn/max_pool.hpp"
#include "tally/nn/shape.hpp"

// What a network is made of, as plain values. Whoever wants to know visits these, never the layers
// that compute.
//
// Each kind of layer has a header with its spec and its layer. A spec says how it is written in a
// text (notations, parse), what its parameters are called by (name), what it makes of a shape
// (output) and which layer computes it (make_layer). A new kind is such a file and a place in this
// variant.
namespace tally {

using LayerKind =
    std::variant<DenseSpec, ActivationSpec, FlattenSpec, DropoutSpec, BatchNormSpec,
                 ConvolutionSpec, MaxPoolSpec, AveragePoolSpec, GlobalAveragePoolSpec>;

struct LayerSpec {
  LayerKind kind;
  int position = 0;  ///< in the text; of layers that were fused, that of the first
  Shape input;
  Shape output;

  /// "0-dense": position and kind, which its parameters are stored by.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::unique_ptr<Layer> make_layer() const;
};

using LayerSpecs = std::vector<LayerSpec>;

inline constexpr std::size_t kMaxLayers = 64;

/// The layers of a text such as "dense:100,tanh,dense:10", as options and checkpoints hold it, for
/// samples of the shape `input`. Throws an Error that points at the token.
LayerSpecs parse_layers(std::string_view text, Shape input);

/// The same mathematics in fewer layers: a dense layer takes over the activation behind it, and a
/// convolution activation and max pool, which saves passes over memory; what changes nothing is
/// left out.
LayerSpecs fused(const LayerSpecs& layers);

/// How all kinds of layers are written: "dense:N", "tanh", ...
std::vector<std::string_view> layer_notations();

/// "784-100-50-10": the widths of the input and of each dense layer; "28x28-16@5x5-10" with a
/// convolution, which has so many filters of so many rows and columns.
std::string shape_text(const LayerSpecs& layers);

}  // namespace tally
