// SPDX-License-Identifier: MIT
#include "tally/state/calibration.hpp"

#include <gtest/gtest.h>

#include "config_fixtures.hpp"

namespace tally {
namespace {

TEST(OutlierNetwork, HasTheLayoutOfItsSpec) {
  const ParameterLayout layout =
      parameter_layout(OutlierNetwork{"dense:5,relu,dense:3", flat(7), {}});
  EXPECT_EQ(layout.count(), 7U * 5 + 5 + 5 * 3 + 3);
}

TEST(OutlierNetwork, IsRefusedIfItIsNone) {
  EXPECT_EQ(failure_of([] {
              parameter_layout(OutlierNetwork{"dense:5", flat(0), {}});
            }),
            "exit 2: expected 1 to 65536 inputs, got 1 x 1 x 0");
  EXPECT_EQ(failure_of([] {
              parameter_layout(OutlierNetwork{"dense:5", flat(65'537), {}});
            }),
            "exit 2: expected 1 to 65536 inputs, got 1 x 1 x 65537");
  EXPECT_NE(failure_of([] {
              parameter_layout(OutlierNetwork{"dens:5", flat(7), {}});
            }),
            "no failure");
}

}  // namespace
}  // namespace tally
