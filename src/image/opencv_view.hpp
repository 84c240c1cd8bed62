// SPDX-License-Identifier: MIT
#pragma once

#include <opencv2/core.hpp>

#include "tally/image/grey_image.hpp"

// OpenCV's view of our images. Private to this layer: its headers show no OpenCV.
namespace tally {

inline cv::Mat view_of(GreyImage& image) {
  return {image.height, image.width, CV_8UC1, image.pixels.data()};
}

/// OpenCV has no view of constant memory: the result must only be read.
inline cv::Mat view_of(const GreyImage& image) {
  return {image.height, image.width, CV_8UC1, const_cast<std::uint8_t*>(image.pixels.data())};
}

}  // namespace tally
