// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "tally/core/matrix.hpp"

// Whether a network's probabilities mean what they say, and temperature scaling, which makes them
// (Guo, Pleiss, Sun, Weinberger: "On Calibration of Modern Neural Networks", ICML 2017).
namespace tally {

inline constexpr int kCalibrationBins = 15;

/// probabilities [rows x classes] = softmax(outputs / temperature). The most probable class is that
/// of the largest output whatever the temperature.
void scaled_probabilities(ConstMatrixView outputs, double temperature, MatrixView probabilities);

/// The temperature within 1/32..32 at which the labels' mean log-likelihood is largest. The
/// likelihood is concave in 1 / temperature, so there is one.
double fit_temperature(ConstMatrixView outputs, std::span<const std::uint8_t> labels);

/// The expected calibration error. With the samples in kCalibrationBins bins of equal width by
/// their confidence, the probability of their most probable class, it is
///   sum over bins b of |b| / n * | accuracy(b) - mean confidence(b) |.
double calibration_error(ConstMatrixView probabilities, std::span<const std::uint8_t> labels);

}  // namespace tally
