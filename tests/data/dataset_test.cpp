// SPDX-License-Identifier: MIT
#include "tally/data/dataset.hpp"

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"

namespace tally {
namespace {

TEST(ReadSplit, HoldsTheWholeSplit) {
  const TemporaryDirectory directory;
  const Dataset data = read_split(
      {directory.write("images", good_images()), directory.write("labels", good_labels())}, 10);
  EXPECT_EQ(data.labels.size(), 1000U);
  EXPECT_EQ(data.pixels.size(), 6000U);
  EXPECT_EQ(data.labels[3], 1);
}

}  // namespace
}  // namespace tally
