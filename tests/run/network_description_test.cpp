// SPDX-License-Identifier: MIT
#include "tally/run/network_description.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally {
namespace {

// 4 x 3 + 3 parameters, then 3 x 2 + 2. The first layer has two products per step of 12
// multiplications and additions, the second three of 6. A float has 4 bytes.
TEST(NetworkTable, CountsWhatALayerIsAndCosts) {
  EXPECT_EQ(network_table(Network("dense:3,tanh,dense:2", Shape{2, 2, 1}), 10),
            "layer                   output            parameters     MFLOP        kB\n"
            "   input                2 x 2 x 1                                    0.0\n"
            " 0 dense:3              3                         15     0.000       0.0\n"
            " 1 tanh                 3                          -\n"
            " 2 dense:2              2                          8     0.000       0.0\n"
            "   all                                            23     0.000       0.1\n"
            "MFLOP and kB: of products and of activations, per sample of a training step; -: at no "
            "cost, or part of the layer above\n"
            "a micro-batch of 10: 0.00 MB in each thread\n");
}

TEST(NetworkTable, AddsUpToWhatTheNetworkIs) {
  const Network network("batch-norm,dense:200,relu,dropout:0.5,dense:10", Shape{28, 28, 3});
  const std::string table = network_table(network, 64);
  // 3 channels with scale and bias; 2,352 x 200 + 200; 200 x 10 + 10.
  EXPECT_THAT(table, testing::HasSubstr("\n 0 batch-norm           28 x 28 x 3                6 "));
  EXPECT_THAT(table, testing::HasSubstr("\n 1 dense:200            200                  470 600 "));
  EXPECT_THAT(table, testing::HasSubstr("\n 3 dropout:0.5          200                          "));
  EXPECT_THAT(table, testing::HasSubstr("472 616"));
  EXPECT_THAT(table, testing::HasSubstr("\nand 6 measured statistics\n"));
  const auto megaflop = static_cast<double>(network.training_operations()) * 1e-6;
  EXPECT_THAT(table, testing::HasSubstr(fmt::format("{:>10.3f}", megaflop)));
}

}  // namespace
}  // namespace tally
