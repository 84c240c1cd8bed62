// SPDX-License-Identifier: MIT
#include "gradient_fault.hpp"

#include <gtest/gtest.h>

#include "tally/nn/network.hpp"

namespace tally {
namespace {

std::string message_of(const Communicator& communicator, const ParameterLayout& layout,
                       const GradientFault& fault) {
  try {
    report(communicator, layout, fault);
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kFailure);
    return error.what();
  }
}

// Every rank is guilty of one sample: its number.
TEST(GradientFault, NamesLayerStepAndSamplesOfAllRanks) {
  const Communicator communicator;
  const ParameterLayout layout = Network("dense:3,tanh,dense:2", 4).layout();
  GradientFault fault{layout.blocks().back().offset, 1234, 32, 0.5, {}};
  EXPECT_EQ(message_of(communicator, layout, fault),
            "step 1 234: the gradient of " + layout.blocks().back().name() +
                " is not finite; start another run with a lower --learning-rate than 0.5");
  fault.guilty = {communicator.rank()};
  fault.element = layout.size();
  std::string ids = "0";
  for (int rank = 1; rank < communicator.size(); ++rank) ids += ", " + std::to_string(rank);
  EXPECT_EQ(message_of(communicator, layout, fault),
            "step 1 234: the loss is not finite; neither is the loss of " +
                std::to_string(communicator.size()) + " of 32 samples: " + ids +
                "; start another run with a lower --learning-rate than 0.5");
}

TEST(GradientFault, ListsFiveSamplesAtMost) {
  const Communicator communicator;
  const ParameterLayout layout = Network("dense:2", 4).layout();
  std::vector<std::int64_t> guilty;
  if (communicator.is_root()) guilty = {9, 8, 7, 6, 5, 4};
  EXPECT_NE(message_of(communicator, layout, {0, 1, 32, 0.5, guilty})
                .find("the loss of 6 of 32 samples: 9, 8, 7, 6, 5, ...;"),
            std::string::npos);
}

}  // namespace
}  // namespace tally
