// SPDX-License-Identifier: MIT
#include "tally/image/grey_image.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace tally {

Box united(const Box& a, const Box& b) {
  if (a.width == 0 || a.height == 0) return b;
  if (b.width == 0 || b.height == 0) return a;
  const int x = std::min(a.x, b.x);
  const int y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.width, b.x + b.width) - x,
          std::max(a.y + a.height, b.y + b.height) - y};
}

Box grown(const Box& box, int margin, const Box& bounds) {
  const int x = std::max(bounds.x, box.x - margin);
  const int y = std::max(bounds.y, box.y - margin);
  return {x, y, std::min(bounds.x + bounds.width, box.x + box.width + margin) - x,
          std::min(bounds.y + bounds.height, box.y + box.height + margin) - y};
}

GreyImage cropped(const GreyImage& image, Box box) {
  assert(box.x >= 0 && box.y >= 0 && box.width >= 0 && box.height >= 0);
  assert(box.x + box.width <= image.width && box.y + box.height <= image.height);
  GreyImage part(box.width, box.height);
  for (int y = 0; y < box.height; ++y) {
    std::copy_n(image.row(box.y + y) + box.x, box.width, part.row(y));
  }
  return part;
}

void crop_to(GreyImage& image, Box box) {
  assert(box.x >= 0 && box.y >= 0 && box.width >= 0 && box.height >= 0);
  assert(box.x + box.width <= image.width && box.y + box.height <= image.height);
  std::uint8_t* target = image.pixels.data();
  for (int y = 0; y < box.height; ++y, target += box.width) {
    const std::uint8_t* row = image.row(box.y + y) + box.x;
    std::copy(row, row + box.width, target);  // never to behind where it is from
  }
  image.width = box.width;
  image.height = box.height;
  image.pixels.resize(static_cast<std::size_t>(box.width) * static_cast<std::size_t>(box.height));
}

Box inked_box(const GreyImage& image) {
  Box box;
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* row = image.row(y);
    const std::uint8_t* end = row + image.width;
    const auto is_inked = [](std::uint8_t value) { return value > 0; };
    const std::uint8_t* first = std::find_if(row, end, is_inked);
    if (first == end) continue;
    const auto last =
        std::find_if(std::reverse_iterator(end), std::reverse_iterator(first), is_inked);
    box = united(box, {static_cast<int>(first - row), y, static_cast<int>(last.base() - first), 1});
  }
  return box;
}

}  // namespace tally
