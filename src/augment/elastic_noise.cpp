// SPDX-License-Identifier: MIT
#include "elastic_noise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tally/core/random.hpp"

namespace tally {
namespace {

using Field = std::vector<std::int64_t>;  // [period x period]

// Whole numbers, so that all sums are exact in any order.
std::vector<std::int64_t> gaussian(double sigma) {
  constexpr double kWeightScale = 4096;
  const auto reach = static_cast<std::int64_t>(std::ceil(3 * sigma));
  std::vector<std::int64_t> weights;
  for (std::int64_t at = -reach; at <= reach; ++at) {
    const double distance = static_cast<double>(at) / sigma;
    weights.push_back(std::llround(kWeightScale * std::exp(-0.5 * distance * distance)));
  }
  return weights;
}

// Along the columns of a field that repeats itself, and turned over: two calls smooth both ways.
Field smoothed_and_turned(const Field& field, const std::vector<std::int64_t>& weights,
                          std::size_t period) {
  Field result(field.size());
  const std::size_t reach = weights.size() / 2;
  for (std::size_t row = 0; row < period; ++row) {
    for (std::size_t column = 0; column < period; ++column) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        sum += weights[i] * field[row * period + (column + period + i - reach) % period];
      }
      result[column * period + row] = sum;
    }
  }
  return result;
}

Field white_noise(std::uint64_t seed, std::uint32_t number, std::size_t period) {
  RandomStream stream(seed, Purpose::kElasticNoise, 0, number);
  Field noise(period * period);
  for (std::int64_t& value : noise) value = static_cast<std::int64_t>(stream.next() >> 20) - 2048;
  return noise;
}

double root_mean_square(const Field& field) {
  double sum = 0;
  for (const std::int64_t value : field) {
    sum += static_cast<double>(value) * static_cast<double>(value);
  }
  return std::sqrt(sum / static_cast<double>(field.size()));
}

}  // namespace

ElasticNoise::ElasticNoise(Index height, Index width, double sigma, std::uint64_t seed)
    : height_(height),
      width_(width),
      period_(static_cast<Index>(
          std::bit_ceil(static_cast<std::size_t>(std::max({height, width, Index{64}}))) * 2)) {
  const auto period = static_cast<std::size_t>(period_);
  const std::vector<std::int64_t> weights = gaussian(sigma);
  fields_.reserve(field_count() * static_cast<std::size_t>(stored_rows() * stride()));
  for (std::uint32_t number = 0; number < field_count(); ++number) {
    Field field = white_noise(seed, number, period);
    field = smoothed_and_turned(field, weights, period);
    // The second smoothing starts from at most 2048 x 4096 x 4 sigma: 64 bits are enough.
    field = smoothed_and_turned(field, weights, period);
    const double scale = kUnit / root_mean_square(field);
    for (Index row = 0; row < stored_rows(); ++row) {
      for (Index column = 0; column < stride(); ++column) {
        const auto at = static_cast<std::size_t>((row % period_) * period_ + column % period_);
        const double value =
            std::clamp(static_cast<double>(field[at]) * scale, -6.0 * kUnit, 6.0 * kUnit);
        fields_.push_back(static_cast<std::int16_t>(std::lround(value)));
      }
    }
  }
  fields_.resize(fields_.size() + kReadBehind);
}

std::uint32_t ElasticNoise::field_count() const {
  constexpr Index kValues = 8 * 128 * 128;
  return static_cast<std::uint32_t>(std::clamp<Index>(kValues / (period_ * period_), 2, 8));
}

ElasticNoise::Window ElasticNoise::window(std::uint32_t chosen) const {
  const auto mask = static_cast<std::uint32_t>(period_ - 1);
  const std::uint32_t field = chosen % field_count();
  const std::uint32_t place = chosen / field_count();
  const auto row = static_cast<Index>(place & mask);
  const auto column = static_cast<Index>((place >> std::bit_width(mask)) & mask);
  const Index first = (field * stored_rows() + row) * stride() + column;
  return {fields_.data() + first, stride()};
}

}  // namespace tally
