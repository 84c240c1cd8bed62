// SPDX-License-Identifier: MIT
#include "tally/nn/dropout.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tally/core/aligned_vector.hpp"

namespace tally {
namespace {

constexpr Index kWidth = 2000;

class DropoutTest : public testing::Test {
 protected:
  // What training makes of ones, at the layer's position.
  AlignedVector factors(double share, const Batch& batch, int position = 3) {
    return forward(share, batch, position, AlignedVector(values(batch), 1));
  }

  AlignedVector forward(double share, const Batch& batch, int position,
                        const AlignedVector& inputs) {
    const Dropout layer(flat(kWidth), {share});
    AlignedVector outputs(inputs.size());
    saved_.assign(inputs.size(), 9);
    layer.forward(nullptr, matrix_view(inputs.data(), batch.rows, kWidth),
                  matrix_view(outputs.data(), batch.rows, kWidth),
                  {batch, position, *gemm_, nullptr, saved_.data()});
    return outputs;
  }

  static std::size_t values(const Batch& batch) {
    return static_cast<std::size_t>(batch.rows * kWidth);
  }
  static AlignedVector row(const AlignedVector& matrix, std::ptrdiff_t row) {
    return {matrix.begin() + row * kWidth, matrix.begin() + (row + 1) * kWidth};
  }

  std::unique_ptr<Gemm> gemm_ = make_gemm(Kernels::kEigen);
  AlignedVector saved_;
  std::vector<std::uint32_t> samples_ = {7, 8};
  Batch batch_{2, Mode::kTrain, 5, 1, samples_};
};

// The definition, number by number.
TEST_F(DropoutTest, DropsWhereTheStreamOfTheSampleIsBelowTheShare) {
  const AlignedVector found = factors(0.25, batch_);
  for (std::ptrdiff_t sample = 0; sample < 2; ++sample) {
    RandomStream stream(5, at_position(Purpose::kDropOut, 3), 1,
                        samples_[static_cast<std::size_t>(sample)]);
    for (const Real factor : row(found, sample)) {
      ASSERT_EQ(factor, stream.uniform() < 0.25 ? 0 : static_cast<Real>(1 / 0.75));
    }
  }
}

TEST_F(DropoutTest, DropsTheShareAndKeepsTheMean) {
  for (const double share : {0.0, 0.1, 0.5, 0.9}) {
    const AlignedVector found = factors(share, batch_);
    const auto dropped = static_cast<double>(std::ranges::count(found, 0));
    const auto all = static_cast<double>(found.size());
    // Four standard deviations of a binomial.
    EXPECT_NEAR(dropped / all, share, 4 * std::sqrt(share * (1 - share) / all)) << share;
    for (const Real factor : found) {
      ASSERT_TRUE(factor == 0 || factor == static_cast<Real>(1 / (1 - share))) << factor;
    }
  }
}

TEST_F(DropoutTest, IsAFunctionOfSeedPositionEpochAndSampleAlone) {
  const AlignedVector expected = row(factors(0.5, batch_), 1);
  const std::vector<std::uint32_t> alone = {8};
  EXPECT_EQ(factors(0.5, {1, Mode::kTrain, 5, 1, alone}), expected);
  EXPECT_NE(factors(0.5, {1, Mode::kTrain, 6, 1, alone}), expected);
  EXPECT_NE(factors(0.5, {1, Mode::kTrain, 5, 2, alone}), expected);
  EXPECT_NE(factors(0.5, {1, Mode::kTrain, 5, 1, alone}, 4), expected);
  EXPECT_NE(row(factors(0.5, batch_), 0), expected);
}

TEST_F(DropoutTest, ChangesNothingInEvaluation) {
  const AlignedVector inputs(kWidth, 0.75F);
  EXPECT_EQ(forward(0.5, {1}, 3, inputs), inputs);
}

TEST_F(DropoutTest, DoesNotHideNaN) {
  const AlignedVector inputs(values(batch_), std::nanf(""));
  for (const Real output : forward(0.5, batch_, 3, inputs)) ASSERT_TRUE(std::isnan(output));
}

TEST_F(DropoutTest, LetsTheGradientThroughWhereItLetTheInputThrough) {
  const AlignedVector factor = factors(0.5, batch_);
  const AlignedVector ones(factor.size(), 1);
  AlignedVector grad_outputs(factor.size());
  for (std::size_t i = 0; i < factor.size(); ++i) grad_outputs[i] = static_cast<Real>(i);
  AlignedVector grad_inputs(factor.size(), 9);
  const auto view = [](const AlignedVector& matrix) {
    return matrix_view(matrix.data(), 2, kWidth);
  };
  MatrixView into = matrix_view(grad_inputs.data(), 2, kWidth);
  Dropout(flat(kWidth), {0.5})
      .backward(nullptr, {view(ones), view(factor), view(grad_outputs), &into, nullptr},
                {batch_, 3, *gemm_, nullptr, saved_.data()});
  for (std::size_t i = 0; i < factor.size(); ++i) {
    ASSERT_EQ(grad_inputs[i], factor[i] * static_cast<Real>(i));
  }
}

}  // namespace
}  // namespace tally
