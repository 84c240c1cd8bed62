// SPDX-License-Identifier: MIT
#include "tally/nn/network_spec.hpp"

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

TEST(NetworkSpec, MakesLayersThatFitEachOther) {
  const auto layers = parse_network_spec("relu,dense:100,tanh,sigmoid,dense:50,dense:10,tanh", 784);
  ASSERT_EQ(layers.size(), 5U);
  EXPECT_EQ(layers[0]->kind(), "relu");
  EXPECT_EQ(layers[1]->kind(), "dense");
  EXPECT_EQ(layers[1]->inputs(), 784);
  EXPECT_EQ(layers[1]->spec_layers(), 2);
  EXPECT_EQ(layers[2]->kind(), "sigmoid");
  EXPECT_EQ(layers[3]->inputs(), 100);
  EXPECT_EQ(layers[3]->spec_layers(), 1);
  EXPECT_EQ(layers[4]->spec_layers(), 2);
  EXPECT_EQ(layers[4]->outputs(), 10);
}

TEST(NetworkSpec, PointsAtTheTokenThatIsWrong) {
  EXPECT_EQ(message_of("dense:100,tanhh,dense:10"),
            "network \"dense:100,tanhh,dense:10\": \"tanhh\" at character 11 is no layer; expected "
            "dense:N, tanh, sigmoid or relu");
  EXPECT_EQ(message_of("dense:100,,dense:10"),
            "network \"dense:100,,dense:10\": \"\" at character 11 is no layer; expected dense:N, "
            "tanh, sigmoid or relu");
  EXPECT_EQ(message_of(""),
            "network \"\": \"\" at character 1 is no layer; expected dense:N, tanh, sigmoid or "
            "relu");
  EXPECT_EQ(message_of("tanh:3,dense:10"),
            "network \"tanh:3,dense:10\": \"tanh:3\" at character 1 is no layer; expected dense:N, "
            "tanh, sigmoid or relu");
  for (const std::string wrong : {"dense:", "dense:0", "dense:-3", "dense:1e3", "dense:70000",
                                  "dense:99999999999999999999"}) {
    EXPECT_EQ(message_of("tanh," + wrong),
              "network \"tanh," + wrong + "\": \"" + wrong +
                  "\" at character 6 needs a whole number of outputs from 1 to 65 536, as in "
                  "dense:100");
  }
}

// A spec may come from a file: neither a zero byte may end the message nor anything in it steer a
// terminal.
TEST(NetworkSpec, ShowsControlCharactersOfWhatItRefuses) {
  EXPECT_EQ(message_of(std::string("a\0,\x1B[2J", 7)),
            "network \"a\\x00,\\x1B[2J\": \"a\\x00\" at character 1 is no layer; expected dense:N, "
            "tanh, sigmoid or relu");
}

TEST(NetworkSpec, RefusesNetworksThatCannotLearnOrAreTooLarge) {
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
