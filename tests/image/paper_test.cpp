// SPDX-License-Identifier: MIT
#include "tally/image/paper.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "page_fixture.hpp"

namespace tally {
namespace {

using Light = std::function<double(double, double)>;  // brightness at (x, y), each 0 to 1

GreyImage lit_page(int width, int height, const Light& light) {
  GreyImage page(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double value = light((x + 0.5) / width, (y + 0.5) / height);
      page.at(x, y) = static_cast<std::uint8_t>(std::lround(value));
    }
  }
  return page;
}

GreyImage inked(GreyImage page, const GreyImage& ink, int pen) {
  for (std::size_t i = 0; i < page.pixels.size(); ++i) {
    page.pixels[i] = mixed(page.pixels[i], pen, ink.pixels[i]);
  }
  return page;
}

// The largest distance of the estimated paper from the light that the page was made with.
double largest_error(const Paper& paper, int width, int height, const Light& light) {
  double largest = 0;
  std::vector<std::uint8_t> row(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    paper_along_row(paper, y, row);
    for (int x = 0; x < width; ++x) {
      const double expected = light((x + 0.5) / width, (y + 0.5) / height);
      largest = std::max(largest, std::abs(row[static_cast<std::size_t>(x)] - expected));
    }
  }
  return largest;
}

TEST(EstimatePaper, IsExactOnEvenPaper) {
  const Light even = [](double, double) { return 240; };
  for (const int side : {28, 96, 97, 200, 411}) {
    const GreyImage page =
        inked(lit_page(side, side, even),
              seven(side, side, side * 0.25, side * 0.2, side * 0.6, side * 0.1), 9);
    const Paper paper = estimate_paper(page);
    EXPECT_EQ(largest_error(paper, side, side, even), 0) << side;
    EXPECT_EQ(paper.grain, 0);
  }
}

TEST(EstimatePaper, IsTheSameForInvertedPages) {
  const GreyImage ink = seven(28, 28, 7, 4, 20, 5);
  const Paper light = estimate_paper(paint(ink, 255, 0));
  const Paper dark = estimate_paper(paint(ink, 0, 255));
  constexpr float kRounding = 1e-3F;  // which depends on the instruction set
  for (const float level : light.levels) EXPECT_NEAR(level, 255, kRounding);
  for (const float level : dark.levels) EXPECT_NEAR(level, 0, kRounding);
}

TEST(EstimatePaper, FollowsUnevenLight) {
  const Light slope = [](double x, double y) { return 230 - 90 * x - 40 * y; };
  const Light bowl = [](double x, double y) {
    return 235 - 130 * ((x - 0.5) * (x - 0.5) + (y - 0.5) * (y - 0.5));
  };
  const Light shadow = [](double x, double y) {
    return 220 - 80 / (1 + std::exp(-(x + 0.4 * y - 0.7) / 0.05));
  };
  for (const Light& light : {slope, bowl, shadow}) {
    const GreyImage page = inked(lit_page(640, 480, light), seven(640, 480, 200, 100, 220, 24), 20);
    EXPECT_LE(largest_error(estimate_paper(page), 640, 480, light), 15);
  }
}

// The edge of a shadow may be sharp, and either side the larger one.
TEST(EstimatePaper, KnowsAShadowFromInk) {
  for (const double where : {0.3, 0.5, 0.7}) {
    const Light shadow = [where](double x, double y) {
      return 225 - 95 / (1 + std::exp(-(x + 0.2 * y - where - 0.1) / 0.02));
    };
    const GreyImage page =
        inked(lit_page(640, 480, shadow), seven(640, 480, 200, 100, 220, 24), 20);
    EXPECT_LE(largest_error(estimate_paper(page), 640, 480, shadow), 30) << where;
  }
}

// A drawing cut out to its edge may cover more than half of what is left.
TEST(EstimatePaper, TakesTheToneOfTheCornersWhereInkIsTheMajority) {
  GreyImage ink(60, 60);
  draw_stroke(ink, 29.5, 29.5, 29.5, 29.5, 60);  // a disc: 79 % of the page
  for (const float level : estimate_paper(paint(ink, 250, 10)).levels) EXPECT_NEAR(level, 250, 1);
  for (const float level : estimate_paper(paint(ink, 10, 250)).levels) EXPECT_NEAR(level, 10, 1);
}

TEST(EstimatePaper, MeasuresGrain) {
  for (const int tone : {128, 255}) {  // on burnt-out paper noise goes to one side only
    GreyImage page(300, 200, static_cast<std::uint8_t>(tone));
    add_noise(page, 10, 3);
    EXPECT_NEAR(estimate_paper(page).grain, 10, 1.5) << tone;
  }
}

TEST(EstimatePaper, TakesPagesOfAnyShape) {
  for (const auto& [width, height] :
       std::vector<std::pair<int, int>>{{1, 1}, {1, 500}, {500, 1}, {2, 3}, {97, 95}, {3000, 7}}) {
    const GreyImage page(width, height, 200);
    const Light even = [](double, double) { return 200; };
    EXPECT_EQ(largest_error(estimate_paper(page), width, height, even), 0)
        << width << "x" << height;
  }
}

}  // namespace
}  // namespace tally
