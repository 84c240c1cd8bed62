// SPDX-License-Identifier: MIT
#include "tally/nn/global_average_pool.hpp"

#include "tally/nn/average_pool.hpp"

namespace tally {

std::optional<GlobalAveragePoolSpec> GlobalAveragePoolSpec::parse(const SpecToken& token) {
  if (token.text == notations().front()) return GlobalAveragePoolSpec{};
  return std::nullopt;
}

std::unique_ptr<Layer> GlobalAveragePoolSpec::make_layer(Shape input) const {
  return std::make_unique<AveragePool>(input, input.height, input.width);
}

}  // namespace tally
