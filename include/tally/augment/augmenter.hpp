// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "tally/augment/augmentation.hpp"
#include "tally/core/index.hpp"

namespace tally {

/// Height and width in pixels, and the values of each pixel, which lie beside each other.
struct ImageSize {
  Index height = 0;
  Index width = 0;
  Index channels = 1;
  [[nodiscard]] Index values() const { return height * width * channels; }
};

/// Throws an Error (ExitCode::kUsage) if images of that size are too large to be augmented.
void require_augmentable(ImageSize size);

/// Makes augmented copies of images. All draws of a copy are functions of (seed, sample, copy), and
/// all pixels are computed in whole numbers, so that a copy is the same bytes on any rank, thread
/// and processor.
///
/// The ranges at strength 1, all uniform; lengths are given for images of 28 rows and grow with the
/// rows:
///   affine      rotation +-12 degrees, shift +-2 pixels and scale exp(+-0.15) per axis, shear
///               +-0.15
///   elastic     a smooth random field of displacements, 0.7 pixels RMS, smoothed by a Gaussian of
///               4 pixels (Simard, Steinkraus, Platt: "Best practices for convolutional neural
///               networks applied to visual document analysis", ICDAR 2003)
///   stroke      from 0.8 pixels thinner to 1.5 pixels thicker on each side, by grey erosion and
///               dilation
///   brightness  down to 60 %
///   cut-out     in every second copy a black square of a quarter of the height (DeVries, Taylor:
///               "Improved regularization of convolutional neural networks with cutout", 2017)
/// Affine and elastic distortions are one inverse map, by which each pixel is interpolated once
/// (bilinear). Outside the image all is 0.
class Augmenter {
 public:
  static constexpr Index kMaxSide = 256;

  /// Images have at most kMaxSide rows and columns.
  Augmenter(Distortions distortions, ImageSize size, std::uint64_t seed);
  ~Augmenter();

  /// What a thread works with.
  class Scratch {
   public:
    explicit Scratch(ImageSize size);
    ~Scratch();

   private:
    friend class Augmenter;
    struct Buffers;
    std::unique_ptr<Buffers> buffers_;
  };

  struct Key {
    std::uint32_t sample = 0;  ///< its number in the file of training images
    std::uint32_t copy = 0;
    double strength = 1;
  };

  /// Writes the copy of `pixels` [height x width x channels] to `copy`, which has the same size.
  void apply(const Key& key, std::span<const std::uint8_t> pixels, Scratch& scratch,
             std::span<std::uint8_t> copy) const;

 private:
  struct Draws;
  [[nodiscard]] Draws draw(const Key& key) const;

  Distortions distortions_;
  ImageSize size_;
  std::uint64_t seed_;
  std::unique_ptr<class ElasticNoise> noise_;
};

}  // namespace tally
