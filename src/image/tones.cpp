// SPDX-License-Identifier: MIT
#include "tally/image/tones.hpp"

#include <array>
#include <cstddef>

namespace tally {

TwoTones split_tones(std::span<const float> values) {
  std::array<double, 256> histogram{};
  double sum = 0;
  double square_sum = 0;
  for (const float value : values) {
    const auto tone = static_cast<std::size_t>(std::clamp(value, 0.0F, 255.0F));
    histogram[tone] += 1;
    sum += static_cast<double>(tone);
    square_sum += static_cast<double>(tone * tone);
  }
  const auto count = static_cast<double>(values.size());
  const double variance = square_sum / count - sum / count * (sum / count);
  TwoTones best;
  double dark_count = 0;
  double dark_sum = 0;
  for (std::size_t tone = 0; tone + 1 < histogram.size(); ++tone) {
    dark_count += histogram[tone];
    dark_sum += histogram[tone] * static_cast<double>(tone);
    const double light_count = count - dark_count;
    if (dark_count == 0 || light_count == 0) continue;
    const double distance = dark_sum / dark_count - (sum - dark_sum) / light_count;
    const double between = dark_count / count * (light_count / count) * distance * distance;
    if (between > best.separation * variance) {
      best = {static_cast<float>(tone), between / variance};
    }
  }
  return best;
}

}  // namespace tally
