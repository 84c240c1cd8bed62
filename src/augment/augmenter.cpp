// SPDX-License-Identifier: MIT
#include "tally/augment/augmenter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "elastic_noise.hpp"
#include "image_warp.hpp"
#include "stroke_width.hpp"
#include "tally/core/error.hpp"
#include "tally/core/random.hpp"

namespace tally {
namespace {

// Ranges at strength 1. Lengths are for images of kRows rows.
constexpr double kRows = 28;
constexpr double kRotation = 12 * std::numbers::pi / 180;
constexpr double kShift = 2;
constexpr double kScale = 0.15;  // of the logarithm
constexpr double kShear = 0.15;
constexpr double kElasticPixels = 0.7;
constexpr double kElasticSigma = 4;
constexpr double kThinner = 0.8;
constexpr double kThicker = 1.5;
constexpr double kDarker = 0.4;
constexpr double kCutOutSide = 0.25;

std::int32_t fixed(double value, double one) {
  return static_cast<std::int32_t>(std::lround(value * one));
}

}  // namespace

void require_augmentable(ImageSize size) {
  require(std::max(size.height, size.width) <= Augmenter::kMaxSide, ExitCode::kUsage,
          "--augment: expected images of at most {0} x {0} pixels, got {1} x {2}",
          Augmenter::kMaxSide, size.height, size.width);
}

/// What chance decides of a copy. Every copy draws all of it, in this order, so that a distortion
/// does the same whichever others there are.
struct Augmenter::Draws {
  explicit Draws(RandomStream stream) {
    for (double* value : {&rotation, &row_shift, &column_shift, &row_scale, &column_scale, &shear,
                          &stroke, &row_sign, &column_sign}) {
      *value = 2 * stream.uniform() - 1;
    }
    for (double* value : {&darkness, &has_cut, &cut_row, &cut_column}) *value = stream.uniform();
    row_window = stream.next();
    column_window = stream.next();
  }

  // -1..1
  double rotation, row_shift, column_shift, row_scale, column_scale, shear, stroke, row_sign,
      column_sign;
  // 0..1
  double darkness, has_cut, cut_row, cut_column;
  std::uint32_t row_window, column_window;
};

struct Augmenter::Scratch::Buffers {
  ImageWarp warp;
  StrokeWidth stroke;
};

Augmenter::Scratch::Scratch(ImageSize size)
    : buffers_(new Buffers{ImageWarp(size), StrokeWidth(size)}) {}
Augmenter::Scratch::~Scratch() = default;

Augmenter::Augmenter(Distortions distortions, ImageSize size, std::uint64_t seed)
    : distortions_(distortions), size_(size), seed_(seed) {
  const double sigma = kElasticSigma * static_cast<double>(size.height) / kRows;
  noise_ = std::make_unique<ElasticNoise>(size.height, size.width, sigma, seed);
}
Augmenter::~Augmenter() = default;

namespace {

/// The inverse map turns, shears and scales about the middle of the image, and shifts.
template <typename Draws>
InverseMap affine_map(const Draws& draws, double strength, ImageSize size) {
  const double unit = static_cast<double>(size.height) / kRows;
  const double angle = draws.rotation * kRotation * strength;
  const double shear = draws.shear * kShear * strength;
  const double row_scale = std::exp(draws.row_scale * kScale * strength);
  const double column_scale = std::exp(draws.column_scale * kScale * strength);
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const double row_by_row = row_scale * cosine;
  const double row_by_column = row_scale * sine;
  const double column_by_row = column_scale * (shear * cosine - sine);
  const double column_by_column = column_scale * (cosine + shear * sine);
  const double middle_row = static_cast<double>(size.height - 1) / 2;
  const double middle_column = static_cast<double>(size.width - 1) / 2;
  const double row_shift = draws.row_shift * kShift * unit * strength;
  const double column_shift = draws.column_shift * kShift * unit * strength;

  InverseMap map;
  map.row_by_row = fixed(row_by_row, InverseMap::kOne);
  map.row_by_column = fixed(row_by_column, InverseMap::kOne);
  map.column_by_row = fixed(column_by_row, InverseMap::kOne);
  map.column_by_column = fixed(column_by_column, InverseMap::kOne);
  map.row_origin =
      fixed(middle_row + row_shift - row_by_row * middle_row - row_by_column * middle_column,
            InverseMap::kOne);
  map.column_origin = fixed(
      middle_column + column_shift - column_by_row * middle_row - column_by_column * middle_column,
      InverseMap::kOne);
  return map;
}

InverseMap identity_map() {
  InverseMap map;
  map.row_by_row = map.column_by_column = fixed(1, InverseMap::kOne);
  return map;
}

void darken(double darkness, std::span<std::uint8_t> image) {
  const std::int32_t share = fixed(1 - kDarker * darkness, 256);
  for (std::uint8_t& value : image) value = static_cast<std::uint8_t>((value * share + 128) >> 8);
}

// A square whose middle lies anywhere in the image.
void cut_out(double row, double column, double strength, ImageSize size,
             std::span<std::uint8_t> image) {
  const double side = kCutOutSide * strength * static_cast<double>(size.height);
  const auto range = [side](double middle, Index length) {
    const double first = middle * static_cast<double>(length) - side / 2;
    return std::pair{std::clamp<Index>(std::lround(first), 0, length),
                     std::clamp<Index>(std::lround(first + side), 0, length)};
  };
  const auto [first_row, end_row] = range(row, size.height);
  const auto [first_column, end_column] = range(column, size.width);
  for (Index at = first_row; at < end_row; ++at) {
    std::fill_n(image.data() + (at * size.width + first_column) * size.channels,
                (end_column - first_column) * size.channels, std::uint8_t{0});
  }
}

}  // namespace

Augmenter::Draws Augmenter::draw(const Key& key) const {
  return Draws(RandomStream(seed_, Purpose::kAugment, key.copy, key.sample));
}

void Augmenter::apply(const Key& key, std::span<const std::uint8_t> pixels, Scratch& scratch,
                      std::span<std::uint8_t> copy) const {
  const Draws draws = draw(key);
  const double unit = static_cast<double>(size_.height) / kRows;
  const bool is_affine = distortions_.has(Distortion::kAffine);
  const bool is_elastic = distortions_.has(Distortion::kElastic);
  if (is_affine || is_elastic) {
    InverseMap map = is_affine ? affine_map(draws, key.strength, size_) : identity_map();
    const double pixels_rms = is_elastic ? kElasticPixels * unit * key.strength : 0;
    const double gain =
        pixels_rms * InverseMap::kOne / ElasticNoise::kUnit * (1 << InverseMap::kGainBits);
    map.row_noise = noise_->window(draws.row_window);
    map.column_noise = noise_->window(draws.column_window);
    map.row_gain = fixed(std::copysign(gain, draws.row_sign), 1);
    map.column_gain = fixed(std::copysign(gain, draws.column_sign), 1);
    scratch.buffers_->warp.apply(map, pixels, copy);
  } else {
    std::ranges::copy(pixels, copy.begin());
  }
  if (distortions_.has(Distortion::kStroke)) {
    const double width = draws.stroke * (draws.stroke > 0 ? kThicker : kThinner) * unit;
    scratch.buffers_->stroke.change(fixed(width * key.strength, StrokeWidth::kOne), copy);
  }
  if (distortions_.has(Distortion::kBrightness)) darken(draws.darkness * key.strength, copy);
  if (distortions_.has(Distortion::kCutOut) && draws.has_cut < 0.5) {
    cut_out(draws.cut_row, draws.cut_column, key.strength, size_, copy);
  }
}

}  // namespace tally
