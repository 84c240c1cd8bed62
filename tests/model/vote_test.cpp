// SPDX-License-Identifier: MIT
#include "tally/model/vote.hpp"

#include <cmath>

#include <gmock/gmock.h>

namespace tally {
namespace {

using testing::ElementsAre;
using testing::FloatEq;

// Of two images in three classes.
const std::vector<std::uint8_t> kLabels = {0, 2};

ModelEvaluation answers(std::initializer_list<Real> probabilities) {
  return {{}, ConfusionMatrix(3), {}, AlignedVector(probabilities.begin(), probabilities.end())};
}

TEST(Vote, IsTheMeanOfProbabilities) {
  Vote vote(kLabels, 3);
  vote.add(answers({0.5F, 0.25F, 0.25F, 0.0F, 0.625F, 0.375F}));
  vote.add(answers({0.25F, 0.5F, 0.25F, 0.5F, 0.25F, 0.25F}));
  vote.add(answers({0.75F, 0.0F, 0.25F, 0.25F, 0.0F, 0.75F}));
  const ModelEvaluation found = vote.figures();
  const std::vector<Real> means(found.probabilities.begin(), found.probabilities.end());
  EXPECT_THAT(means, ElementsAre(FloatEq(0.5F), FloatEq(0.25F), FloatEq(0.25F), FloatEq(0.25F),
                                 FloatEq(0.875F / 3), FloatEq(1.375F / 3)));
  EXPECT_EQ(found.evaluation.samples, 2);
  EXPECT_EQ(found.evaluation.correct, 2);
  EXPECT_NEAR(found.evaluation.loss, -(std::log(0.5) + std::log(1.375 / 3)) / 2, 1e-12);
  EXPECT_EQ(found.confusion.count(0, 0), 1);
  EXPECT_EQ(found.confusion.count(2, 2), 1);
  // One bin each for 0.5 and 0.458, both right.
  EXPECT_NEAR(found.calibration.error, (0.5 + 1 - 1.375 / 3) / 2, 1e-6);
  EXPECT_FALSE(found.calibration.temperature);
}

// Two of three take it for class 1, but barely; the third one knows.
TEST(Vote, IsNotWonByNumbersAlone) {
  Vote vote(kLabels, 3);
  for (int i = 0; i < 2; ++i) vote.add(answers({0.45F, 0.55F, 0, 0, 0.55F, 0.45F}));
  vote.add(answers({0.9F, 0.1F, 0, 0, 0.1F, 0.9F}));
  EXPECT_EQ(vote.figures().evaluation.correct, 2);
}

TEST(Vote, OfOneIsItself) {
  Vote vote(kLabels, 3);
  const ModelEvaluation alone = answers({0.2F, 0.3F, 0.5F, 0.1F, 0.3F, 0.6F});
  vote.add(alone);
  const ModelEvaluation found = vote.figures();
  EXPECT_TRUE(std::ranges::equal(found.probabilities, alone.probabilities));
  EXPECT_EQ(found.confusion.count(0, 2), 1);
  EXPECT_EQ(found.evaluation.correct, 1);
}

TEST(Vote, HasAFiniteLossWhereAllAreSureAndWrong) {
  Vote vote(kLabels, 3);
  vote.add(answers({0, 1, 0, 1, 0, 0}));
  EXPECT_TRUE(std::isfinite(vote.figures().evaluation.loss));
}

TEST(Vote, TakesTheFirstOfEqualClasses) {
  Vote vote(kLabels, 3);
  vote.add(answers({0.5F, 0.5F, 0, 0, 0.5F, 0.5F}));
  const ModelEvaluation found = vote.figures();
  EXPECT_EQ(found.confusion.count(0, 0), 1);
  EXPECT_EQ(found.confusion.count(2, 1), 1);
}

}  // namespace
}  // namespace tally
