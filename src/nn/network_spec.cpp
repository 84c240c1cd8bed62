// SPDX-License-Identifier: MIT
#include "tally/nn/network_spec.hpp"

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
  fail(ExitCode::kUsage, "network \"{}\": \"{}\" at character {} {}", token.spec, token.text,
       token.begin + 1, reason);
}

std::int64_t parse_outputs(const Token& token, std::string_view digits) {
  std::int64_t outputs = 0;
  if (!parse_number(digits, outputs) || outputs < 1 || outputs > kMaxLayerOutputs) {
    refuse(token, fmt::format("needs a whole number of outputs from 1 to {}, as in dense:100",
                              grouped(kMaxLayerOutputs)));
  }
  return outputs;
}

std::unique_ptr<Layer> make_layer(const Token& token, Index inputs) {
  constexpr std::string_view kDense = "dense:";
  if (token.text.starts_with(kDense)) {
    return std::make_unique<Dense>(inputs, parse_outputs(token, token.text.substr(kDense.size())));
  }
  if (token.text == "tanh") return std::make_unique<Tanh>(inputs);
  if (token.text == "sigmoid") return std::make_unique<Sigmoid>(inputs);
  if (token.text == "relu") return std::make_unique<Relu>(inputs);
  refuse(token, "is no layer; expected dense:N, tanh, sigmoid or relu");
}

}  // namespace

std::vector<std::unique_ptr<Layer>> parse_network_spec(std::string_view spec, Index inputs) {
  std::vector<std::unique_ptr<Layer>> layers;
  for (std::size_t begin = 0; begin <= spec.size();) {
    const std::size_t end = std::min(spec.find(',', begin), spec.size());
    const Token token{spec, begin, spec.substr(begin, end - begin)};
    if (layers.size() == kMaxLayers) {
      refuse(token, fmt::format("is one layer too many; at most {} are allowed", kMaxLayers));
    }
    layers.push_back(make_layer(token, inputs));
    inputs = layers.back()->outputs();
    begin = end + 1;
  }
  return layers;
}

}  // namespace tally
