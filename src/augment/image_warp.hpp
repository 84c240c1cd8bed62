// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "elastic_noise.hpp"
#include "tally/augment/augmenter.hpp"

// Private to layer augment.
namespace tally {

/// Where the pixel of a copy at (row, column) comes from: an affine map and two fields of
/// displacements. Whole numbers in units of 1/kOne pixel.
struct InverseMap {
  static constexpr int kOneBits = 16;
  static constexpr double kOne = 1 << kOneBits;
  static constexpr int kGainBits = 8;

  std::int32_t row_origin = 0;  ///< of the source of (0, 0)
  std::int32_t column_origin = 0;
  std::int32_t row_by_row = 0;  ///< how the source's row changes from row to row, and so on
  std::int32_t row_by_column = 0;
  std::int32_t column_by_row = 0;
  std::int32_t column_by_column = 0;

  ElasticNoise::Window row_noise{};
  ElasticNoise::Window column_noise{};
  std::int32_t row_gain = 0;  ///< from a noise's values to displacements times 2^kGainBits
  std::int32_t column_gain = 0;
};

/// Bilinear interpolation of images of one size by inverse maps. What lies outside is 0.
class ImageWarp {
 public:
  explicit ImageWarp(ImageSize size);

  /// `pixels` and `warped` are [height x width x channels] and must not overlap.
  void apply(const InverseMap& map, std::span<const std::uint8_t> pixels,
             std::span<std::uint8_t> warped);

 private:
  void pack(std::span<const std::uint8_t> pixels);

  ImageSize size_;
  // The four neighbours of each place between pixels, a byte each, so that a pixel of the copy
  // needs one load. A margin of places with nothing near them stands for all that lies outside.
  std::vector<std::uint32_t> quads_;  // [channels x (height + 3) x (width + 3)]
  // Of a row.
  std::vector<std::int32_t> places_;
  std::vector<std::int32_t> downs_;
  std::vector<std::int32_t> rights_;
  std::vector<std::uint8_t> row_;
};

}  // namespace tally
