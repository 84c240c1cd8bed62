// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tally/nn/layer.hpp"

// The text that describes a network, as options and checkpoints hold it:
//
//   spec  = layer *( "," layer )
//   layer = "dense:" outputs | "tanh" | "sigmoid" | "relu"
//
// Inputs are as many as an image has pixels; the outputs of the last layer are the classes.
namespace tally {

inline constexpr std::int64_t kMaxLayerOutputs = 65536;
inline constexpr std::size_t kMaxLayers = 64;

/// The layers of `spec` for images of `inputs` pixels; a dense layer includes the activation after
/// it. Throws an Error that points at the token.
std::vector<std::unique_ptr<Layer>> parse_network_spec(std::string_view spec, Index inputs);

}  // namespace tally
