// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/nn/layer.hpp"
#include "tally/nn/spec_token.hpp"

namespace tally {

/// Forgets the arrangement of an image, written "flatten". Dense layers do so by themselves; this
/// is for people who want to see it. It costs nothing: fused() leaves it out, since the numbers lie
/// in memory in the same order before and after it.
struct FlattenSpec {
  static std::vector<std::string_view> notations() { return {"flatten"}; }
  static std::optional<FlattenSpec> parse(const SpecToken& token);

  [[nodiscard]] std::string_view name() const { return "flatten"; }
  [[nodiscard]] Shape output(Shape input) const { return flat(input.size()); }
  [[nodiscard]] std::unique_ptr<Layer> make_layer(Shape input) const;
};

}  // namespace tally
