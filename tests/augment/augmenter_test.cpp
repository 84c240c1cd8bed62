// SPDX-License-Identifier: MIT
#include "tally/augment/augmenter.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "tally/core/digest.hpp"
#include "tally/core/random.hpp"

namespace tally {
namespace {

using Image = std::vector<std::uint8_t>;

constexpr ImageSize kDigit{28, 28, 1};
constexpr ImageSize kColour{20, 33, 3};

// Smooth, so that interpolation is well defined, with a black margin.
Image blob(ImageSize size, double middle_row, double middle_column) {
  Image image(static_cast<std::size_t>(size.values()));
  for (Index row = 0; row < size.height; ++row) {
    for (Index column = 0; column < size.width; ++column) {
      for (Index channel = 0; channel < size.channels; ++channel) {
        const double distance = std::hypot(static_cast<double>(row) - middle_row,
                                           (static_cast<double>(column) - middle_column) * 0.7);
        const double value = 250 * std::exp(-distance * distance / 18) / (1 + double(channel));
        image[static_cast<std::size_t>((row * size.width + column) * size.channels + channel)] =
            static_cast<std::uint8_t>(std::lround(value));
      }
    }
  }
  return image;
}

Image noise(ImageSize size) {
  RandomStream stream(5, Purpose::kInitialize);
  Image image(static_cast<std::size_t>(size.values()));
  for (std::uint8_t& value : image) value = static_cast<std::uint8_t>(stream.next());
  return image;
}

Distortions all_of(const std::vector<Distortion>& list) {
  Distortions distortions;
  for (const Distortion distortion : list) distortions.add(distortion);
  return distortions;
}

const std::vector<Distortion> kAll = {Distortion::kAffine, Distortion::kElastic,
                                      Distortion::kStroke, Distortion::kBrightness,
                                      Distortion::kCutOut};

std::vector<int> as_numbers(const std::vector<Distortion>& list) {
  std::vector<int> numbers;
  for (const Distortion distortion : list) numbers.push_back(static_cast<int>(distortion));
  return numbers;
}

Image copy_of(const Image& image, ImageSize size, const std::vector<Distortion>& list,
              Augmenter::Key key, std::uint64_t seed = 1) {
  static std::map<std::string, std::unique_ptr<Augmenter>> made;  // their noise takes a while
  auto& augmenter = made[fmt::format("{} {} {} {} {}", fmt::join(as_numbers(list), ","),
                                     size.height, size.width, size.channels, seed)];
  if (!augmenter) augmenter = std::make_unique<Augmenter>(all_of(list), size, seed);
  Augmenter::Scratch scratch(size);
  Image copy(image.size());
  augmenter->apply(key, image, scratch, copy);
  return copy;
}

std::int64_t sum(const Image& image) {
  return std::accumulate(image.begin(), image.end(), std::int64_t{0});
}

double middle_row(const Image& image, ImageSize size) {
  double weighted = 0;
  for (std::size_t i = 0; i < image.size(); ++i) {
    weighted +=
        image[i] * static_cast<double>(static_cast<Index>(i) / (size.width * size.channels));
  }
  return weighted / static_cast<double>(sum(image));
}

TEST(Augmenter, ChangesNothingAtStrengthZero) {
  for (const ImageSize size : {kDigit, kColour}) {
    const Image image = noise(size);
    EXPECT_EQ(copy_of(image, size, kAll, {3, 7, 0}), image);
  }
}

TEST(Augmenter, IsAFunctionOfSeedSampleAndCopy) {
  const Image image = blob(kDigit, 13, 14);
  const Image copy = copy_of(image, kDigit, kAll, {3, 7, 1});
  EXPECT_EQ(copy_of(image, kDigit, kAll, {3, 7, 1}), copy);
  EXPECT_NE(copy_of(image, kDigit, kAll, {4, 7, 1}), copy);
  EXPECT_NE(copy_of(image, kDigit, kAll, {3, 8, 1}), copy);
  EXPECT_NE(copy_of(image, kDigit, kAll, {3, 7, 0.5}), copy);
  EXPECT_NE(copy_of(image, kDigit, kAll, {3, 7, 1}, 2), copy);
}

TEST(Augmenter, DoesTheSameToEachChannelAsToAGreyImage) {
  constexpr ImageSize kGrey{kColour.height, kColour.width, 1};
  const auto channel_of = [](const Image& colour, Index channel) {
    Image grey;
    for (Index i = channel; i < std::ssize(colour); i += kColour.channels) {
      grey.push_back(colour[i]);
    }
    return grey;
  };
  const Image image = noise(kColour);
  const Image copy = copy_of(image, kColour, kAll, {3, 7, 1});
  for (Index channel = 0; channel < kColour.channels; ++channel) {
    EXPECT_EQ(channel_of(copy, channel),
              copy_of(channel_of(image, channel), kGrey, kAll, {3, 7, 1}));
  }
}

TEST(Augmenter, AScratchRemembersNothing) {
  const Augmenter augmenter(all_of(kAll), kDigit, 1);
  Augmenter::Scratch scratch(kDigit);
  const Image image = blob(kDigit, 13, 14);
  Image first(image.size());
  Image again(image.size());
  augmenter.apply({3, 7, 1}, image, scratch, first);
  augmenter.apply({1, 1, 1}, noise(kDigit), scratch, again);
  augmenter.apply({3, 7, 1}, image, scratch, again);
  EXPECT_EQ(again, first);
}

// All pixels are computed in whole numbers: the same on every processor.
TEST(Augmenter, MakesTheseBytes) {
  Sha256 hash;
  for (const ImageSize size : {kDigit, kColour}) {
    const Image image = noise(size);
    for (std::uint32_t copy = 0; copy < 20; ++copy) {
      for (const Distortion distortion : kAll) {
        const Image made = copy_of(image, size, {distortion}, {9, copy, 1});
        hash.add(std::as_bytes(std::span(made)));
      }
      const Image made = copy_of(image, size, kAll, {9, copy, 1.5});
      hash.add(std::as_bytes(std::span(made)));
    }
  }
  EXPECT_EQ(to_hex(hash.finish()),
            "106319292a9b8b4e0713eb390667ebf190b110aa97b807a9d62a3212789fcf57");
}

// The affine map written out in double, with draws in the documented order and ranges.
TEST(Augmenter, TurnsShearsScalesAndShiftsAsDocumented) {
  const double middle = 13.5;
  for (std::uint32_t number = 0; number < 50; ++number) {
    RandomStream stream(1, Purpose::kAugment, number, 3);
    double draws[6];
    for (double& draw : draws) draw = 2 * stream.uniform() - 1;
    const double angle = draws[0] * 12 * std::acos(-1.0) / 180;
    const double row_scale = std::exp(0.15 * draws[3]);
    const double column_scale = std::exp(0.15 * draws[4]);
    const Image image = blob(kDigit, 12, 15);
    const auto pixel = [&](Index row, Index column) {
      const bool is_inside = row >= 0 && row < 28 && column >= 0 && column < 28;
      return is_inside ? double(image[static_cast<std::size_t>(row * 28 + column)]) : 0.0;
    };
    const Image copy = copy_of(image, kDigit, {Distortion::kAffine}, {3, number, 1});
    for (Index row = 0; row < 28; ++row) {
      for (Index column = 0; column < 28; ++column) {
        const double turned_row =
            std::cos(angle) * (double(row) - middle) + std::sin(angle) * (double(column) - middle);
        const double turned_column =
            std::cos(angle) * (double(column) - middle) - std::sin(angle) * (double(row) - middle);
        const double y = row_scale * turned_row + middle + 2 * draws[1];
        const double x =
            column_scale * (turned_column + 0.15 * draws[5] * turned_row) + middle + 2 * draws[2];
        const auto top = static_cast<Index>(std::floor(y));
        const auto left = static_cast<Index>(std::floor(x));
        const double down = y - std::floor(y);
        const double right = x - std::floor(x);
        const double expected =
            (1 - down) * ((1 - right) * pixel(top, left) + right * pixel(top, left + 1)) +
            down * ((1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1));
        EXPECT_NEAR(copy[static_cast<std::size_t>(row * 28 + column)], expected, 1.3)
            << number << ": " << row << ", " << column;
      }
    }
  }
}

// A gradient has the grey value of its place: its copy shows the displacements.
TEST(Augmenter, ElasticDisplacementsAreSmoothAndAsLargeAsDocumented) {
  Image ramp(28 * 28);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<std::uint8_t>(9 * (i / 28));
  double squares = 0;
  double steps = 0;
  double count = 0;
  for (std::uint32_t number = 0; number < 200; ++number) {
    const Image copy = copy_of(ramp, kDigit, {Distortion::kElastic}, {3, number, 1});
    for (std::size_t row = 5; row < 22; ++row) {
      for (std::size_t column = 6; column < 21; ++column) {
        const std::size_t at = row * 28 + column;
        const double here = (copy[at] - ramp[at]) / 9.0;
        const double beside = (copy[at + 1] - ramp[at + 1]) / 9.0;
        squares += here * here;
        steps += (beside - here) * (beside - here);
        count += 1;
      }
    }
  }
  const double rms = std::sqrt(squares / count);
  EXPECT_NEAR(rms, 0.7, 0.07);
  // White noise smoothed by a Gaussian of s pixels: neighbours differ by rms * sqrt(2 - 2 exp(-1 /
  // 4 s^2)).
  EXPECT_NEAR(std::sqrt(steps / count), rms * std::sqrt(2 - 2 * std::exp(-1.0 / 64)), 0.03);
}

TEST(Augmenter, WindowsOfDisplacementsDiffer) {
  const Image image = blob(kDigit, 13, 14);
  std::set<Image> copies;
  for (std::uint32_t number = 0; number < 500; ++number) {
    copies.insert(copy_of(image, kDigit, {Distortion::kElastic}, {3, number, 1}));
  }
  EXPECT_EQ(copies.size(), 500U);
}

TEST(Augmenter, StrokesBecomeThickerOrThinner) {
  Image line(28 * 28);
  for (std::size_t row = 4; row < 24; ++row) {
    for (std::size_t column = 12; column < 16; ++column) line[row * 28 + column] = 200;
  }
  std::int64_t thicker = 0;
  std::int64_t thinner = 0;
  for (std::uint32_t number = 0; number < 200; ++number) {
    const Image copy = copy_of(line, kDigit, {Distortion::kStroke}, {3, number, 1});
    EXPECT_LE(*std::max_element(copy.begin(), copy.end()), 200);
    const double width = static_cast<double>(sum(copy)) / 200 / 20;
    EXPECT_GT(width, 4 - 2 * 0.8 - 0.2);
    EXPECT_LT(width, (4 + 2 * 1.5) * (20 + 2 * 1.5) / 20 + 0.01);
    ++(width > 4 ? thicker : thinner);
  }
  EXPECT_GT(thicker, 70);
  EXPECT_GT(thinner, 70);
}

TEST(Augmenter, BrightnessAndCutOutOnlyDarken) {
  const Image image = noise(kColour);
  int cut = 0;
  for (std::uint32_t number = 0; number < 100; ++number) {
    const Image darker = copy_of(image, kColour, {Distortion::kBrightness}, {3, number, 1});
    for (std::size_t i = 0; i < image.size(); ++i) {
      EXPECT_LE(darker[i], image[i]);
      EXPECT_GE(darker[i] + 1, 0.6 * image[i]);
    }
    const Image holed = copy_of(image, kColour, {Distortion::kCutOut}, {3, number, 1});
    std::int64_t black = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
      if (holed[i] != image[i]) {
        EXPECT_EQ(holed[i], 0);
        ++black;
      }
    }
    EXPECT_LE(black, 6 * 6 * 3);
    cut += black > 0 ? 1 : 0;
  }
  EXPECT_GT(cut, 30);
  EXPECT_LT(cut, 70);
}

// Lengths grow with the image.
TEST(Augmenter, ShiftsLargeImagesFurther) {
  double greatest = 0;
  const ImageSize large{112, 112, 1};
  const Image image = blob(large, 56, 56);
  for (std::uint32_t number = 0; number < 100; ++number) {
    const Image copy = copy_of(image, large, {Distortion::kAffine}, {3, number, 1});
    greatest = std::max(greatest, std::abs(middle_row(copy, large) - middle_row(image, large)));
  }
  EXPECT_GT(greatest, 5);
  EXPECT_LT(greatest, 8 * 1.3);
}

TEST(Augmenter, TakesTheLargestImages) {
  const ImageSize largest{Augmenter::kMaxSide, Augmenter::kMaxSide, 1};
  const Image image = noise(largest);
  const Image copy =
      copy_of(image, largest, {Distortion::kAffine, Distortion::kElastic}, {3, 1, 2});
  EXPECT_NE(copy, image);
  EXPECT_GT(sum(copy), sum(image) / 2);
}

}  // namespace
}  // namespace tally
