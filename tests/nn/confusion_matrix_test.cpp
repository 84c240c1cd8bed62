// SPDX-License-Identifier: MIT
#include "tally/nn/confusion_matrix.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

ConfusionMatrix example() {
  ConfusionMatrix confusion(3);
  confusion.add(std::vector<std::uint8_t>{0, 0, 0, 1, 1, 2},
                std::vector<std::uint8_t>{0, 0, 1, 1, 1, 0});
  return confusion;
}

TEST(ConfusionMatrix, CountsByTrueAndPredictedClass) {
  const ConfusionMatrix confusion = example();
  EXPECT_EQ(confusion.count(0, 0), 2);
  EXPECT_EQ(confusion.count(0, 1), 1);
  EXPECT_EQ(confusion.count(2, 0), 1);
  EXPECT_EQ(confusion.count(0, 2), 0);
  EXPECT_EQ(confusion.samples(), 6);
  EXPECT_EQ(confusion.correct(), 4);
  EXPECT_EQ(confusion.labelled(0), 3);
  EXPECT_EQ(confusion.predicted(0), 3);
}

// By hand: class 0 has 2 of 3 found and 2 of 3 rightly named; class 2 was never named.
TEST(ConfusionMatrix, FormsTheUsualFractions) {
  const ConfusionMatrix confusion = example();
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(confusion.recall(0), 2.0 / 3);
  EXPECT_DOUBLE_EQ(confusion.precision(0), 2.0 / 3);
  EXPECT_DOUBLE_EQ(confusion.recall(1), 1);
  EXPECT_DOUBLE_EQ(confusion.precision(1), 2.0 / 3);
  EXPECT_DOUBLE_EQ(confusion.f1(1), 0.8);
  EXPECT_DOUBLE_EQ(confusion.precision(2), 0);
  EXPECT_DOUBLE_EQ(confusion.f1(2), 0);
}

TEST(ConfusionMatrix, AddsUp) {
  ConfusionMatrix total = example();
  total.add(example());
  EXPECT_EQ(total.count(0, 0), 4);
  EXPECT_EQ(total.samples(), 12);
}

}  // namespace
}  // namespace tally
