// SPDX-License-Identifier: MIT
#include <limits>

#include <gtest/gtest.h>

#include "layer_run.hpp"

namespace tally {
namespace {

AlignedVector no_parameters() {
  return AlignedVector(kAlignmentElements);
}

// Two images of 3 x 5 x 1: the last row and column are in no window.
TEST(MaxPool, TakesTheFirstOfTheLargest) {
  LayerRun run("max-pool:2", {3, 5, 1}, 2, Kernels::kEigen);
  run.inputs() = {1, 2, -1, -2, 9,  //
                  3, 0, -2, -1, 9,  //
                  9, 9, 9,  9,  9,  //
                  4, 4, 0,  5,  9,  //
                  4, 4, 6,  5,  9,  //
                  9, 9, 9,  9,  9};
  EXPECT_EQ(run.forward(), (AlignedVector{3, -1, 4, 6}));
  run.grad_outputs() = {10, 20, 30, 40};
  AlignedVector none = no_parameters();
  run.backward(none);
  EXPECT_EQ(run.grad_inputs(), (AlignedVector{0,  0, 20, 0, 0,  //
                                              10, 0, 0,  0, 0,  //
                                              0,  0, 0,  0, 0,  //
                                              30, 0, 0,  0, 0,  //
                                              0,  0, 40, 0, 0,  //
                                              0,  0, 0,  0, 0}));
}

TEST(MaxPool, PoolsEachChannelByItself) {
  LayerRun run("max-pool:2", {2, 2, 3}, 1, Kernels::kEigen);
  run.inputs() = {1, 8, 3, 4, 5, 6, 7, 2, 9, 10, 1, 0};
  EXPECT_EQ(run.forward(), (AlignedVector{10, 8, 9}));
  run.grad_outputs() = {1, 2, 3};
  AlignedVector none = no_parameters();
  run.backward(none);
  EXPECT_EQ(run.grad_inputs(), (AlignedVector{0, 2, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0}));
}

TEST(MaxPool, DoesNotHideNaN) {
  for (std::size_t place = 0; place < 4; ++place) {
    LayerRun run("max-pool:2", {2, 2, 1}, 1, Kernels::kEigen);
    run.inputs() = {1, 2, 3, 4};
    run.inputs()[place] = std::numeric_limits<Real>::quiet_NaN();
    EXPECT_TRUE(std::isnan(run.forward()[0])) << place;
    LayerRun fused("conv:1@1x1,relu,max-pool:2", {2, 2, 1}, 1, Kernels::kEigen);
    fused.inputs() = run.inputs();
    EXPECT_TRUE(std::isnan(fused.forward()[0])) << place;
  }
}

TEST(AveragePool, TakesTheMean) {
  LayerRun run("avg-pool:2", {3, 5, 1}, 1, Kernels::kEigen);
  run.inputs() = {1, 2, -1, -2, 9, 3, 0, -2, -1, 9, 9, 9, 9, 9, 9};
  EXPECT_EQ(run.forward(), (AlignedVector{1.5, -1.5}));
  run.grad_outputs() = {4, 8};
  AlignedVector none = no_parameters();
  run.backward(none);
  EXPECT_EQ(run.grad_inputs(), (AlignedVector{1, 1, 2, 2, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0}));
}

TEST(GlobalAveragePool, TakesTheMeanOfEachChannel) {
  LayerRun run("global-avg-pool", {2, 2, 2}, 2, Kernels::kEigen);
  run.inputs() = {1, 8, 2, 6, 3, 4, 6, 2, 1, 1, 1, 1, 1, 1, 1, 5};
  EXPECT_EQ(run.spec().output, flat(2));
  EXPECT_EQ(run.forward(), (AlignedVector{3, 5, 1, 2}));
  run.grad_outputs() = {4, 8, 12, 16};
  AlignedVector none = no_parameters();
  run.backward(none);
  EXPECT_EQ(run.grad_inputs(), (AlignedVector{1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4}));
}

TEST(PoolTexts, SayWhatIsWrongAndWhere) {
  for (const std::string kind : {"max-pool:", "avg-pool:"}) {
    for (const std::string number : {"", "0", "-1", "2x2", "99999999999999999999"}) {
      EXPECT_EQ(
          refusal_of(kind + number, {9, 9, 1}),
          "network \"" + kind + number + "\": \"" + kind + number +
              "\" at character 1, on 9 x 9 x 1, needs a whole number of rows and columns, as in " +
              kind + "2");
    }
    EXPECT_EQ(refusal_of("relu," + kind + "4", {5, 3, 8}),
              "network \"relu," + kind + "4\": \"" + kind +
                  "4\" at character 6, on 5 x 3 x 8, has a window that does not fit");
  }
}

}  // namespace
}  // namespace tally
