// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "drawing.hpp"
#include "tally/image/digit_image.hpp"

// Whole pages with several digits. An input is: the width and height of the page less one, the tone
// of its paper, then strokes of six bytes each. The budget of work is as small as the pages, so
// that both its ends are reached.
namespace tally {
namespace {

constexpr int kMostPixels = 2'500;
constexpr WorkLimits kLimits{.comparisons = 20'000, .kept = 2'000, .pixels = 12'000};

int up_to(Input& input, int most) {
  return static_cast<int>(input.below(static_cast<std::size_t>(most)));
}

GreyImage paper_of(Input& input) {
  const int width = static_cast<int>(input.byte()) + 1;
  const int height = std::min(static_cast<int>(input.byte()) + 1, kMostPixels / width);
  return {width, height, static_cast<std::uint8_t>(input.byte())};
}

void fill(GreyImage& page, const Box& box, unsigned tone) {
  for (int y = box.y; y < std::min(page.height, box.y + box.height); ++y) {
    for (int x = box.x; x < std::min(page.width, box.x + box.width); ++x) {
      page.at(x, y) = static_cast<std::uint8_t>(tone);
    }
  }
}

/// From one end to the other in steps of a pixel.
void draw_line(GreyImage& page, std::pair<int, int> from, std::pair<int, int> to, unsigned tone) {
  const int across = to.first - from.first, down = to.second - from.second;
  const int steps = std::max({1, std::abs(across), std::abs(down)});
  for (int i = 0; i <= steps; ++i) {
    fill(page, {from.first + across * i / steps, from.second + down * i / steps, 2, 2}, tone);
  }
}

/// The same box again and again, to the right and below: dots, rulings, combs.
void draw_pattern(GreyImage& page, const Box& box, int pitch, unsigned tone) {
  for (int y = box.y; y < page.height; y += pitch) {
    for (int x = box.x; x < page.width; x += pitch) fill(page, {x, y, box.width, box.height}, tone);
  }
}

void draw_noise(GreyImage& page, unsigned seed, unsigned strength) {
  for (std::uint8_t& pixel : page.pixels) {
    seed = seed * 1'103'515'245 + 12'345;
    if (strength > 0) pixel = static_cast<std::uint8_t>(pixel + (seed >> 16) % strength);
  }
}

void draw_stroke(GreyImage& page, Input& input) {
  const unsigned kind = input.byte();
  const unsigned tone = input.byte();
  const int x = up_to(input, page.width), y = up_to(input, page.height);
  const int a = up_to(input, page.width), b = up_to(input, page.height);
  switch (kind % 4) {
    case 0:
      fill(page, {x, y, a + 1, b + 1}, tone);
      break;
    case 1:
      draw_line(page, {x, y}, {a, b}, tone);
      break;
    case 2:
      draw_pattern(page, {x, y, a % 8 + 1, b % 8 + 1}, static_cast<int>(kind / 4) + 1, tone);
      break;
    default:
      draw_noise(page, tone, kind / 4);
  }
}

void read_page(Input input) {
  GreyImage page = paper_of(input);
  while (!input.rest().empty()) draw_stroke(page, input);
  WorkBudget budget(kHostile, kLimits);
  PreparedPage prepared;
  const bool is_prepared = accepts(
      ExitCode::kUsage, kHostile, [&] { prepared = prepare_page(page, Digits::kSeveral, budget); });
  if (!is_prepared) return;
  check(prepared.ink.box() == page.box() || prepared.digits.empty(), "ink as large as the page");
  for (const PreparedDigit& digit : prepared.digits) check_prepared(page, digit);
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::read_page(tally::Input(data, size));
  return 0;
}
