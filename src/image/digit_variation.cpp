// SPDX-License-Identifier: MIT
#include "tally/image/digit_variation.hpp"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "dice.hpp"
#include "opencv_view.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/ink.hpp"

namespace tally {
namespace {

constexpr int kFaintest = 8;  // weaker ink is what interpolation leaves

/// Smooth displacements of all pixels, from those of a coarse grid.
cv::Mat bending(Dice& dice) {
  constexpr int kGrid = 5;
  const double strength = dice.uniform(0, 1.3);
  cv::Mat coarse(kGrid, kGrid, CV_32FC2), fine;
  for (auto& shift : cv::Mat_<cv::Vec2f>(coarse)) {
    for (float& along_axis : shift.val) along_axis = static_cast<float>(dice.normal(strength));
  }
  cv::resize(coarse, fine, {kDigitSide, kDigitSide}, 0, 0, cv::INTER_CUBIC);
  return fine;
}

}  // namespace

GreyImage varied_digit(const GreyImage& digit, RandomStream& stream) {
  Dice dice(stream);
  const double angle = dice.normal(0.1), slant = dice.normal(0.12);
  const double width = dice.uniform(0.9, 1.12), height = dice.uniform(0.9, 1.12);
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const cv::Mat bent = bending(dice);
  cv::Mat sources(kDigitSide, kDigitSide, CV_32FC2);
  for (int y = 0; y < kDigitSide; ++y) {
    for (int x = 0; x < kDigitSide; ++x) {
      const double down = (y - kDigitCentre) / height;
      const double across = (x - kDigitCentre) / width + slant * down;
      const auto& shift = bent.at<cv::Vec2f>(y, x);
      sources.at<cv::Vec2f>(y, x) = {
          static_cast<float>(kDigitCentre + cosine * across - sine * down) + shift[0],
          static_cast<float>(kDigitCentre + sine * across + cosine * down) + shift[1]};
    }
  }
  GreyImage moved(kDigitSide, kDigitSide);
  cv::Mat target = view_of(moved);
  cv::remap(view_of(digit), target, sources, cv::noArray(), cv::INTER_LINEAR);
  for (std::uint8_t& pixel : moved.pixels) {
    if (pixel < kFaintest) pixel = 0;
  }
  const bool has_strokes = *std::ranges::max_element(moved.pixels) >= kStrokeInk;
  return has_strokes ? digit_of_ink(moved) : digit;
}

}  // namespace tally
