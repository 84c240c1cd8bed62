// SPDX-License-Identifier: MIT
#include "tally/nn/parameters.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

ParameterLayout small_layout() {
  ParameterLayout layout;
  layout.append("0-dense", {{"weight", Role::kWeight, 7, 3}, {"bias", Role::kBias, 1, 3}});
  layout.append("1-tanh", {});
  layout.append("2-dense", {{"weight", Role::kWeight, 3, 2}, {"bias", Role::kBias, 1, 2}});
  return layout;
}

TEST(ParameterLayout, StartsEveryBlockAtAMultipleOf64Bytes) {
  const ParameterLayout layout = small_layout();
  ASSERT_EQ(layout.blocks().size(), 4U);
  for (const ParameterBlock& block : layout.blocks()) {
    EXPECT_EQ(block.offset * sizeof(float) % 64, 0U) << block.name();
  }
  EXPECT_EQ(layout.size() % 16, 0U);
  EXPECT_EQ(layout.count(), 7U * 3 + 3 + 3 * 2 + 2);
}

TEST(ParameterLayout, ListsItsRowsWithoutTheGaps) {
  const std::vector<Range> rows = small_layout().rows();
  ASSERT_EQ(rows.size(), 7U + 1 + 3 + 1);
  const auto row = static_cast<std::int64_t>(row_size(3));
  EXPECT_EQ(rows[1], (Range{row, row + 3}));
  const auto third = static_cast<std::int64_t>(small_layout().blocks()[2].offset);
  EXPECT_EQ(rows[8], (Range{third, third + 2}));
}

TEST(ParameterBlock, PutsRowsApartAndTakesThemBack) {
  const ParameterLayout layout = small_layout();
  std::vector<Real> vector(layout.size());
  const std::vector<Real> values = {1, 2, 3, 4, 5, 6};
  const ParameterBlock& block = layout.blocks()[2];  // [3 x 2]
  block.put(values, vector);
  EXPECT_EQ(vector[block.offset + row_size(2)], 3);
  EXPECT_EQ(vector[block.offset + 2], 0);
  EXPECT_EQ(block.values(vector), values);
}

TEST(ParameterLayout, FindsTheBlockOfAnElement) {
  const ParameterLayout layout = small_layout();
  EXPECT_EQ(layout.block_of(0).name(), "0-dense/weight");
  const std::size_t bias = aligned_size(7 * row_size(3));
  EXPECT_EQ(layout.block_of(bias - 1).name(), "0-dense/weight");
  EXPECT_EQ(layout.block_of(bias).name(), "0-dense/bias");
  EXPECT_EQ(layout.block_of(layout.size() - 1).name(), "2-dense/bias");
  EXPECT_EQ(layout.block("2-dense", Role::kBias).name(), "2-dense/bias");
}

}  // namespace
}  // namespace tally
