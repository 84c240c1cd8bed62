// SPDX-License-Identifier: MIT
#include "tally/nn/calibration.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/random.hpp"

namespace tally {
namespace {

constexpr Index kClasses = 4;

/// Outputs, and labels drawn from softmax(outputs / temperature).
struct Drawn {
  AlignedVector outputs;
  std::vector<std::uint8_t> labels;

  Drawn(Index rows, double temperature)
      : outputs(static_cast<std::size_t>(rows * kClasses)), labels(static_cast<std::size_t>(rows)) {
    RandomStream stream(5, Purpose::kDeal);
    for (Real& output : outputs) output = static_cast<Real>(4 * stream.uniform());
    AlignedVector room(outputs.size());
    const MatrixView probabilities = matrix_view(room.data(), rows, kClasses);
    scaled_probabilities(view(), temperature, probabilities);
    for (Index row = 0; row < rows; ++row) {
      double rest = stream.uniform();
      Index label = 0;
      while (label + 1 < kClasses && (rest -= probabilities(row, label)) >= 0) ++label;
      labels[static_cast<std::size_t>(row)] = static_cast<std::uint8_t>(label);
    }
  }

  [[nodiscard]] ConstMatrixView view() const {
    return matrix_view(outputs.data(), static_cast<Index>(labels.size()), kClasses);
  }

  [[nodiscard]] double error_at(double temperature) const {
    AlignedVector room(outputs.size());
    const MatrixView probabilities = matrix_view(room.data(), view().rows(), kClasses);
    scaled_probabilities(view(), temperature, probabilities);
    return calibration_error(read_only(probabilities), labels);
  }
};

TEST(Calibration, FindsTheTemperatureThatLabelsWereDrawnAt) {
  for (const double temperature : {0.5, 1.0, 2.5}) {
    const Drawn drawn(20'000, temperature);
    const double fitted = fit_temperature(drawn.view(), drawn.labels);
    EXPECT_NEAR(fitted, temperature, 0.05 * temperature);
    EXPECT_LT(drawn.error_at(fitted), 0.02);
    EXPECT_GT(drawn.error_at(temperature / 3), 0.05);
    EXPECT_GT(drawn.error_at(temperature * 3), 0.05);
  }
}

TEST(Calibration, StaysWithinBoundsWhereEveryAnswerIsRightOrWrong) {
  Drawn drawn(50, 1);
  for (Index row = 0; row < drawn.view().rows(); ++row) {
    Index largest = 0;
    drawn.view().row(row).maxCoeff(&largest);
    drawn.labels[static_cast<std::size_t>(row)] = static_cast<std::uint8_t>(largest);
  }
  EXPECT_NEAR(fit_temperature(drawn.view(), drawn.labels), 1.0 / 32, 1e-9);
  for (std::uint8_t& label : drawn.labels)
    label = static_cast<std::uint8_t>((label + 1) % kClasses);
  EXPECT_GT(fit_temperature(drawn.view(), drawn.labels), 1);
}

TEST(Calibration, IsAnOrdinarySoftmaxAtTemperatureOne) {
  AlignedVector outputs{1, 2, 3, 400};
  AlignedVector room(outputs.size());
  const MatrixView probabilities = matrix_view(room.data(), 1, kClasses);
  const ConstMatrixView view = matrix_view(std::as_const(outputs).data(), 1, kClasses);
  scaled_probabilities(view, 1, probabilities);
  EXPECT_FLOAT_EQ(probabilities(0, 3), 1);
  outputs[3] = 4;
  scaled_probabilities(view, 0.5, probabilities);
  const double sum = std::exp(2) + std::exp(4) + std::exp(6) + std::exp(8);
  for (Index j = 0; j < kClasses; ++j) {
    EXPECT_NEAR(probabilities(0, j), std::exp(2 * (static_cast<double>(j) + 1)) / sum, 1e-6);
  }
}

TEST(CalibrationError, IsThatOfBinsWorkedOutByHand) {
  // Confidences 0.95 (right), 0.95 (wrong) in the last of 15 bins; 0.5 (right) in the eighth.
  AlignedVector probabilities{0.95F, 0.05F, 0.05F, 0.95F, 0.5F, 0.5F};
  const std::vector<std::uint8_t> labels{0, 0, 0};
  const double error =
      calibration_error(matrix_view(std::as_const(probabilities).data(), 3, 2), labels);
  EXPECT_NEAR(error, (std::abs(2 * 0.95 - 1) + std::abs(0.5 - 1)) / 3, 1e-6);
  EXPECT_EQ(calibration_error(matrix_view(std::as_const(probabilities).data(), 0, 2), {}), 0);
}

}  // namespace
}  // namespace tally
