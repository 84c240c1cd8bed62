// SPDX-License-Identifier: MIT
#include "tally/nn/layer_spec.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tally/core/error.hpp"
#include "tally/nn/network.hpp"

namespace tally {
namespace {

std::string message_of(std::string_view spec) {
  try {
    const Network network(spec, 784);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    return error.what();
  }
  return "accepted";
}

std::string refusal(const std::string& spec, std::string_view token, int at, int inputs = 784) {
  return fmt::format(
      "network \"{}\": \"{}\" at character {}, on {}, is no layer; expected dense:N, ", spec, token,
      at, inputs);
}

TEST(LayerSpecs, FitEachOther) {
  const LayerSpecs layers = parse_layers("relu,dense:100,tanh,dense:10", {28, 28, 1});
  ASSERT_EQ(layers.size(), 4U);
  EXPECT_EQ(layers[0].name(), "0-relu");
  EXPECT_EQ(layers[0].output, (Shape{28, 28, 1}));
  EXPECT_EQ(layers[1].name(), "1-dense");
  EXPECT_EQ(layers[1].input, (Shape{28, 28, 1}));
  EXPECT_EQ(layers[2].input, flat(100));
  EXPECT_EQ(std::get<ActivationSpec>(layers[2].kind).function, Activation::kTanh);
  EXPECT_EQ(std::get<DenseSpec>(layers[3].kind).outputs, 10);
  EXPECT_EQ(shape_text(layers), "784-100-10");
}

TEST(LayerSpecs, AreFusedWhereAnActivationFollowsADenseLayer) {
  const LayerSpecs layers =
      fused(parse_layers("relu,dense:100,tanh,sigmoid,dense:50,dense:10,tanh", flat(784)));
  std::vector<std::string> names;
  for (const LayerSpec& layer : layers) names.push_back(layer.name());
  EXPECT_EQ(names,
            (std::vector<std::string>{"0-relu", "1-dense", "3-sigmoid", "4-dense", "5-dense"}));
  EXPECT_EQ(std::get<DenseSpec>(layers[1].kind).activation, Activation::kTanh);
  EXPECT_EQ(std::get<DenseSpec>(layers[3].kind).activation, Activation::kNone);
  EXPECT_EQ(std::get<DenseSpec>(layers[4].kind).activation, Activation::kTanh);
}

TEST(LayerSpecs, FlattenIsFree) {
  const LayerSpecs written = parse_layers("flatten,dense:5,flatten,relu,dense:10", {4, 3, 2});
  EXPECT_EQ(written[0].output, flat(24));
  const LayerSpecs layers = fused(written);
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].name(), "1-dense");
  EXPECT_EQ(std::get<DenseSpec>(layers[0].kind).activation, Activation::kRelu);
}

TEST(LayerSpecs, DropoutReadsItsShare) {
  const LayerSpecs layers = parse_layers("dropout:0.25,dense:10,dropout:0", {4, 3, 2});
  EXPECT_EQ(layers[0].name(), "0-dropout");
  EXPECT_EQ(layers[0].output, (Shape{4, 3, 2}));
  EXPECT_EQ(std::get<DropoutSpec>(layers[0].kind).share, 0.25);
  EXPECT_EQ(std::get<DropoutSpec>(layers[2].kind).share, 0);
}

TEST(LayerSpecs, AreFusedWhereActivationAndMaxPoolFollowAConvolution) {
  const LayerSpecs layers = fused(parse_layers(
      "conv:16@5x5,relu,max-pool:2,conv:8@3x3,max-pool:2,tanh,tanh,max-pool:2,dense:10",
      {28, 28, 1}));
  std::vector<std::string> names;
  for (const LayerSpec& layer : layers) names.push_back(layer.name());
  EXPECT_EQ(names,
            (std::vector<std::string>{"0-conv", "3-conv", "6-tanh", "7-max-pool", "8-dense"}));
  const auto& first = std::get<ConvolutionSpec>(layers[0].kind);
  EXPECT_EQ(first.activation, Activation::kRelu);
  EXPECT_EQ(first.pool, 2);
  EXPECT_EQ(layers[0].output, (Shape{12, 12, 16}));
  EXPECT_EQ(layers[0].make_layer()->output(), (Shape{12, 12, 16}));
  EXPECT_EQ(std::get<ConvolutionSpec>(layers[1].kind).activation, Activation::kTanh);
  EXPECT_EQ(layers[1].output, (Shape{5, 5, 8}));
  EXPECT_EQ(shape_text(layers), "28x28-16@5x5-8@3x3-10");
  EXPECT_EQ(shape_text(parse_layers("conv:2@3x3", {5, 6, 3})), "5x6x3-2@3x3");
}

TEST(LayerSpecs, AreAllReadAsTheyAreSaidToBeWritten) {
  for (const std::string_view notation : layer_notations()) {
    std::string text(notation);
    for (const auto& [part, example] :
         {std::pair{"[/STRIDE][+PADDING]", "/2+1"}, {"KxK", "3x3"}, {"N", "7"}, {"P", "0.7"}}) {
      const auto at = text.find(part);
      if (at != std::string::npos) text.replace(at, std::string_view(part).size(), example);
    }
    EXPECT_NO_THROW(parse_layers(text, {9, 9, 2})) << notation;
  }
}

TEST(NetworkText, PointsAtTheTokenThatIsWrong) {
  EXPECT_THAT(message_of("dense:100,tanhh,dense:10"),
              testing::StartsWith(refusal("dense:100,tanhh,dense:10", "tanhh", 11, 100)));
  EXPECT_THAT(message_of("dense:100,,dense:10"),
              testing::StartsWith(refusal("dense:100,,dense:10", "", 11, 100)));
  EXPECT_THAT(message_of(""), testing::StartsWith(refusal("", "", 1)));
  EXPECT_THAT(message_of("tanh:3,dense:10"),
              testing::StartsWith(refusal("tanh:3,dense:10", "tanh:3", 1)));
  EXPECT_THAT(message_of("x"), testing::EndsWith(fmt::format(" or {}", layer_notations().back())));
  for (const std::string wrong : {"dense:", "dense:0", "dense:-3", "dense:1e3", "dense:70000",
                                  "dense:99999999999999999999"}) {
    EXPECT_EQ(message_of("tanh," + wrong),
              "network \"tanh," + wrong + "\": \"" + wrong +
                  "\" at character 6, on 784, needs a whole number of outputs from 1 to 65 536, as "
                  "in dense:100");
  }
  for (const std::string wrong : {"dropout:", "dropout:1", "dropout:-0.1", "dropout:nan",
                                  "dropout:inf", "dropout:0.5x", "dropout:half"}) {
    EXPECT_THAT(
        message_of("dense:20," + wrong),
        testing::EndsWith("at character 10, on 20, needs the share of its inputs to drop, at "
                          "least 0 and below 1, as in dropout:0.5"));
  }
}

TEST(NetworkText, RefusesABatchNormThatCannotBe) {
  for (const std::string wrong :
       {"batch-norm:", "batch-norm:-0.1", "batch-norm:1.1", "batch-norm:x", "batch-norm:nan",
        "batch-norm:0.1:", "batch-norm:0.1:0", "batch-norm:0.1:2", "batch-norm:0.1:nan",
        "batch-norm:0.1:1e-5:1"}) {
    EXPECT_THAT(message_of("dense:20," + wrong),
                testing::EndsWith("at character 10, on 20, needs a momentum from 0 to 1 and an "
                                  "epsilon from 1e-12 to 1, as in batch-norm:0.1:1e-5"));
  }
  EXPECT_THAT(message_of("batch-norms"), testing::HasSubstr(" is no layer; "));
}

TEST(NetworkText, SaysWhatTheRefusedLayerIsGiven) {
  try {
    parse_layers("relu,dense:0", {28, 28, 3});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::HasSubstr("\"dense:0\" at character 6, on 28 x 28 x 3, needs"));
  }
}

// A spec may come from a file: neither a zero byte may end the message nor anything in it steer a
// terminal.
TEST(NetworkText, ShowsControlCharactersOfWhatItRefuses) {
  EXPECT_THAT(message_of(std::string("a\0,\x1B[2J", 7)),
              testing::StartsWith(refusal("a\\x00,\\x1B[2J", "a\\x00", 1)));
}

TEST(NetworkText, RefusesNetworksThatCannotLearnOrAreTooLarge) {
  EXPECT_EQ(message_of("tanh,relu"),
            "network \"tanh,relu\": no layer has parameters to learn; expected at least one "
            "dense:N");
  EXPECT_EQ(message_of("dense:1"),
            "network \"dense:1\": ends in 1 output; expected 2 to 256, one per class");
  EXPECT_EQ(message_of("dense:300"),
            "network \"dense:300\": ends in 300 outputs; expected 2 to 256, one per class");
  EXPECT_EQ(message_of("dense:65536,dense:65536,dense:10"),
            "network \"dense:65536,dense:65536,dense:10\": 4 347 133 962 parameters; at most 2 147 "
            "483 648 "
            "are allowed");
  std::string deep = "dense:10";
  for (int i = 0; i < 64; ++i) deep += ",tanh";
  EXPECT_NE(message_of(deep).find("is one layer too many; at most 64 are allowed"),
            std::string::npos);
}

}  // namespace
}  // namespace tally
