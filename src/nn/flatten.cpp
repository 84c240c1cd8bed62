// SPDX-License-Identifier: MIT
#include "tally/nn/flatten.hpp"

#include "tally/nn/activation.hpp"

namespace tally {

std::optional<FlattenSpec> FlattenSpec::parse(const SpecToken& token) {
  if (token.text != "flatten") return std::nullopt;
  return FlattenSpec{};
}

// A copy, for whoever makes layers without fusing them.
std::unique_ptr<Layer> FlattenSpec::make_layer(Shape input) const {
  return std::make_unique<ActivationLayer>(Activation::kNone, output(input));
}

}  // namespace tally
