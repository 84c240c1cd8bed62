// SPDX-License-Identifier: MIT
#include "tally/nn/layer_spec.hpp"

#include <optional>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

// Calls work.operator()<Spec>() for each kind of layer, in the order of the variant.
template <typename Work, std::size_t number = 0>
void for_each_kind(const Work& work) {
  if constexpr (number < std::variant_size_v<LayerKind>) {
    work.template operator()<std::variant_alternative_t<number, LayerKind>>();
    for_each_kind<Work, number + 1>(work);
  }
}

LayerKind parse_kind(const SpecToken& token) {
  std::optional<LayerKind> kind;
  for_each_kind([&]<typename Spec>() {
    if (const auto spec = Spec::parse(token)) kind = *spec;
  });
  if (kind) return *kind;
  std::vector<std::string_view> known = layer_notations();
  const std::string_view last = known.back();
  known.pop_back();
  token.refuse(fmt::format("is no layer; expected {} or {}", fmt::join(known, ", "), last));
}

}  // namespace

void SpecToken::refuse(std::string_view reason) const {
  fail(ExitCode::kUsage, "network \"{}\": \"{}\" at character {}, on {}, {}", printable(network),
       printable(text), begin + 1, to_text(input), reason);
}

std::string image_size_text(Shape shape) {
  return size_text(shape.height, shape.width, shape.channels);
}

std::string to_text(Shape shape) {
  if (shape == flat(shape.size())) return fmt::format("{}", shape.size());
  return fmt::format("{} x {} x {}", shape.height, shape.width, shape.channels);
}

std::string LayerSpec::name() const {
  return fmt::format("{}-{}", position,
                     std::visit([](const auto& spec) { return spec.name(); }, kind));
}

std::unique_ptr<Layer> LayerSpec::make_layer() const {
  return std::visit([&](const auto& spec) { return spec.make_layer(input); }, kind);
}

LayerSpecs parse_layers(std::string_view text, Shape input) {
  LayerSpecs layers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const SpecToken token{text, begin, text.substr(begin, end - begin), input};
    if (layers.size() == kMaxLayers) {
      token.refuse(fmt::format("is one layer too many; at most {} are allowed", kMaxLayers));
    }
    const LayerKind kind = parse_kind(token);
    const Shape output = std::visit([&](const auto& spec) { return spec.output(input); }, kind);
    layers.push_back({kind, static_cast<int>(layers.size()), input, output});
    input = output;
    begin = end + 1;
  }
  return layers;
}

LayerSpecs fused(const LayerSpecs& layers) {
  LayerSpecs result;
  for (const LayerSpec& layer : layers) {
    if (std::holds_alternative<FlattenSpec>(layer.kind)) continue;  // the numbers lie as they did
    const auto* activation = std::get_if<ActivationSpec>(&layer.kind);
    auto* dense = result.empty() ? nullptr : std::get_if<DenseSpec>(&result.back().kind);
    if (activation != nullptr && dense != nullptr && dense->activation == Activation::kNone) {
      dense->activation = activation->function;
    } else {
      result.push_back(layer);
    }
  }
  return result;
}

std::vector<std::string_view> layer_notations() {
  std::vector<std::string_view> all;
  for_each_kind([&]<typename Spec>() {
    for (const std::string_view notation : Spec::notations()) all.push_back(notation);
  });
  return all;
}

std::string shape_text(const LayerSpecs& layers) {
  std::string text = std::to_string(layers.front().input.size());
  for (const LayerSpec& layer : layers) {
    if (std::holds_alternative<DenseSpec>(layer.kind)) {
      text += fmt::format("-{}", layer.output.size());
    }
  }
  return text;
}

}  // namespace tally
