// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// The one kind of image that leaves a decoder: eight bits of grey, rows from top to bottom without
// gaps. A plain value; what the numbers mean (brightness, or ink) is said where it is made.
namespace tally {

/// A rectangle of pixels; x to the right, y down.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

/// The smallest box that holds both. An empty box holds nothing.
Box united(const Box& a, const Box& b);

/// `box` with `margin` pixels more on each side, as far as `bounds` reaches.
Box grown(const Box& box, int margin, const Box& bounds);

struct GreyImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  GreyImage() = default;
  GreyImage(int image_width, int image_height, std::uint8_t value = 0)
      : width(image_width),
        height(image_height),
        pixels(static_cast<std::size_t>(image_width) * static_cast<std::size_t>(image_height),
               value) {}

  [[nodiscard]] std::uint8_t* row(int y) {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
  [[nodiscard]] const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
  [[nodiscard]] std::uint8_t& at(int x, int y) { return row(y)[x]; }
  [[nodiscard]] std::uint8_t at(int x, int y) const { return row(y)[x]; }
  [[nodiscard]] Box box() const { return {0, 0, width, height}; }

  friend bool operator==(const GreyImage&, const GreyImage&) = default;
};

/// The part of `image` in `box`, which must lie within it.
GreyImage cropped(const GreyImage& image, Box box);

/// Crops in place: memory is not taken for a second image.
void crop_to(GreyImage& image, Box box);

/// The smallest box that holds every pixel above 0; empty if there is none.
Box inked_box(const GreyImage& image);

}  // namespace tally
