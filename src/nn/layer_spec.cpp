// SPDX-License-Identifier: MIT
#include "tally/nn/layer_spec.hpp"

#include <algorithm>
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

// A dense layer or a convolution takes over the activation behind it. So does a convolution whose
// pool comes before: the larger of two stays so in every activation.
bool takes_activation(LayerKind& kind, const ActivationSpec& spec) {
  Activation* own = nullptr;
  if (auto* dense = std::get_if<DenseSpec>(&kind)) own = &dense->activation;
  if (auto* convolution = std::get_if<ConvolutionSpec>(&kind)) own = &convolution->activation;
  if (own == nullptr || *own != Activation::kNone) return false;
  *own = spec.function;
  return true;
}

bool takes_pool(LayerKind& kind, const MaxPoolSpec& spec) {
  auto* convolution = std::get_if<ConvolutionSpec>(&kind);
  if (convolution == nullptr || convolution->pool > 1) return false;
  if (spec.size > ConvolutionSpec::kMaxPool) return false;
  convolution->pool = spec.size;
  return true;
}

bool takes_over(LayerKind& kind, const LayerKind& next) {
  if (const auto* spec = std::get_if<ActivationSpec>(&next)) return takes_activation(kind, *spec);
  if (const auto* spec = std::get_if<MaxPoolSpec>(&next)) return takes_pool(kind, *spec);
  return false;
}

std::string width_text(const LayerSpec& layer) {
  if (std::holds_alternative<DenseSpec>(layer.kind)) return fmt::format("-{}", layer.output.size());
  if (const auto* spec = std::get_if<ConvolutionSpec>(&layer.kind)) {
    return fmt::format("-{}@{}x{}", spec->filters, spec->kernel_height, spec->kernel_width);
  }
  return "";
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
    if (!result.empty() && takes_over(result.back().kind, layer.kind)) {
      result.back().output = layer.output;
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
  const Shape input = layers.front().input;
  const bool has_images = std::ranges::any_of(layers, [](const LayerSpec& layer) {
    return std::holds_alternative<ConvolutionSpec>(layer.kind);
  });
  std::string text = std::to_string(input.size());
  if (has_images) {
    text = fmt::format("{}x{}", input.height, input.width);
    if (input.channels > 1) text += fmt::format("x{}", input.channels);
  }
  for (const LayerSpec& layer : layers) text += width_text(layer);
  return text;
}

}  // namespace tally
