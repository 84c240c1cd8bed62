// SPDX-License-Identifier: MIT
#include "tally/model/digit_check.hpp"

#include "tally/core/error.hpp"
#include "tally/nn/calibration.hpp"
#include "tally/nn/pixels.hpp"

namespace tally {

DigitCheck::DigitCheck(const OutlierNetwork& outliers, Index classes, const std::string& name)
    : outliers_(outliers), network_(outliers.spec, outliers.input), workspace_(network_, 1) {
  require(tells_digits(network_, classes), ExitCode::kCheckpoint,
          "{}: /others: expected a network of {} inputs and {} outputs, got {} and {}", name,
          kEdgeValues, classes + 1, network_.inputs(), network_.outputs());
}

double DigitCheck::probability(const GreyImage& digit) {
  scale_pixels(edge_directions(digit).pixels, workspace_.inputs(1).data());
  const ConstMatrixView outputs = network_.forward(outliers_.parameters.data(), workspace_, {1});
  AlignedVector values(static_cast<std::size_t>(outputs.size()));
  const MatrixView probabilities = matrix_view(values.data(), 1, outputs.cols());
  scaled_probabilities(outputs, 1, probabilities);
  return 1 - static_cast<double>(probabilities(0, probabilities.cols() - 1));
}

}  // namespace tally
