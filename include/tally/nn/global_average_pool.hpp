// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// The mean of each channel over the whole image, written "global-avg-pool".
struct GlobalAveragePoolSpec {
  static std::vector<std::string_view> notations() { return {"global-avg-pool"}; }
  static std::optional<GlobalAveragePoolSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "global-avg-pool"; }
  [[nodiscard]] Shape output(Shape input) const { return flat(input.channels); }
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

}  // namespace tally
