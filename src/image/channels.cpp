// SPDX-License-Identifier: MIT
#include "tally/image/channels.hpp"

#include <algorithm>
#include <cassert>

namespace tally {
namespace {

bool has_alpha(std::size_t channels) {
  return channels % 2 == 0;
}

}  // namespace

// By the weights of ITU-R BT.601, as PNGs are read.
std::uint8_t grey_of(std::span<const std::uint8_t> pixel) {
  assert(pixel.size() >= 1 && pixel.size() <= 4);
  const int grey =
      pixel.size() < 3 ? pixel[0] : (299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) / 1000;
  const int alpha = has_alpha(pixel.size()) ? pixel.back() : 255;
  return static_cast<std::uint8_t>((grey * alpha + 127) / 255);
}

GreyImage grey_image(std::span<const std::uint8_t> pixels, std::int64_t height,
                     std::int64_t width) {
  GreyImage image(static_cast<int>(width), static_cast<int>(height));
  const std::size_t channels = pixels.size() / image.pixels.size();
  for (std::uint8_t& grey : image.pixels) {
    grey = grey_of(pixels.first(channels));
    pixels = pixels.subspan(channels);
  }
  return image;
}

std::vector<std::uint8_t> with_channels(const GreyImage& image, std::size_t channels) {
  std::vector<std::uint8_t> pixels(image.pixels.size() * channels, 255);
  const std::size_t colours = channels - (has_alpha(channels) ? 1 : 0);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    std::fill_n(pixels.data() + i * channels, colours, image.pixels[i]);
  }
  return pixels;
}

}  // namespace tally
