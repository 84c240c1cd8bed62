// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tally/image/grey_image.hpp"

namespace tally {

/// White paper on which pictures, bars and words are laid out. What does not fit on it is cut off.
class Canvas {
 public:
  Canvas(int width, int height);

  /// Puts `picture` into the middle of `place`, as large as fits: shrunk by area, or enlarged so
  /// that its pixels are seen. Returns the box it takes.
  Box picture(const GreyImage& picture, const Box& place);

  void fill(const Box& box, std::uint8_t value);

  /// A line around `box`, outside of it, black with a white edge, to be seen on any picture.
  void frame(const Box& box);

  /// Words of `height` pixels whose top left corner is (x, y). Only ASCII has letters.
  void text(int x, int y, const std::string& words, int height);

  /// How wide such words are.
  [[nodiscard]] static int text_width(const std::string& words, int height);

  [[nodiscard]] const GreyImage& image() const { return image_; }

 private:
  GreyImage image_;
};

/// `words` with dots in the middle where they are wider than `width`, and with a question mark for
/// all that Canvas has no letter for.
std::string shortened(const std::string& words, int height, int width);

}  // namespace tally
