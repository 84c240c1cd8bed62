// SPDX-License-Identifier: MIT
#include "tally/nn/network_spec.hpp"

#include <optional>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/nn/activation.hpp"
#include "tally/nn/dense.hpp"

namespace tally {
namespace {

struct Token {
  std::string_view spec;
  std::size_t begin;
  std::string_view text;
};

[[noreturn]] void refuse(const Token& token, std::string_view reason) {
  fail(ExitCode::kUsage, "network \"{}\": \"{}\" at character {} {}", printable(token.spec),
       printable(token.text), token.begin + 1, reason);
}

std::int64_t parse_outputs(const Token& token, std::string_view digits) {
  std::int64_t outputs = 0;
  if (!parse_number(digits, outputs) || outputs < 1 || outputs > kMaxLayerOutputs) {
    refuse(token, fmt::format("needs a whole number of outputs from 1 to {}, as in dense:100",
                              grouped(kMaxLayerOutputs)));
  }
  return outputs;
}

std::optional<Activation> activation_named(std::string_view name) {
  if (name == "tanh") return Activation::kTanh;
  if (name == "sigmoid") return Activation::kSigmoid;
  if (name == "relu") return Activation::kRelu;
  return std::nullopt;
}

constexpr std::string_view kDense = "dense:";

std::vector<Token> tokens_of(std::string_view spec) {
  std::vector<Token> tokens;
  for (std::size_t begin = 0; begin <= spec.size();) {
    const std::size_t end = std::min(spec.find(',', begin), spec.size());
    const Token token{spec, begin, spec.substr(begin, end - begin)};
    if (tokens.size() == kMaxLayers) {
      refuse(token, fmt::format("is one layer too many; at most {} are allowed", kMaxLayers));
    }
    if (!token.text.starts_with(kDense) && !activation_named(token.text)) {
      refuse(token, "is no layer; expected dense:N, tanh, sigmoid or relu");
    }
    tokens.push_back(token);
    begin = end + 1;
  }
  return tokens;
}

}  // namespace

std::vector<std::unique_ptr<Layer>> parse_network_spec(std::string_view spec, Index inputs) {
  const std::vector<Token> tokens = tokens_of(spec);
  std::vector<std::unique_ptr<Layer>> layers;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (const auto activation = activation_named(tokens[i].text)) {
      layers.push_back(std::make_unique<ActivationLayer>(*activation, inputs));
      continue;
    }
    const Index outputs = parse_outputs(tokens[i], tokens[i].text.substr(kDense.size()));
    const auto next = i + 1 < tokens.size() ? activation_named(tokens[i + 1].text) : std::nullopt;
    layers.push_back(std::make_unique<Dense>(inputs, outputs, next.value_or(Activation::kNone)));
    if (next) ++i;
    inputs = outputs;
  }
  return layers;
}

}  // namespace tally
