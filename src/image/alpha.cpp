// SPDX-License-Identifier: MIT
#include "tally/image/alpha.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tally {
namespace {

constexpr int kWhite = 255;

// How visible each tone is: alpha summed over the pixels of that tone.
struct VisibleTones {
  std::array<std::int64_t, 256> visible{};
  std::int64_t total = 0;

  /// The tone below which `share` of what is visible lies.
  [[nodiscard]] int quantile(double share) const {
    std::int64_t below = 0;
    for (int tone = 0; tone < kWhite; ++tone) {
      below += visible[static_cast<std::size_t>(tone)];
      if (static_cast<double>(below) > share * static_cast<double>(total)) return tone;
    }
    return kWhite;
  }
};

VisibleTones visible_tones(std::span<const std::uint8_t> grey,
                           std::span<const std::uint8_t> alpha) {
  VisibleTones tones;
  for (std::size_t i = 0; i < grey.size(); ++i) {
    tones.visible[grey[i]] += alpha[i];
    tones.total += alpha[i];
  }
  return tones;
}

int backing(const VisibleTones& tones, std::size_t pixel_count) {
  constexpr int kSingleTone = 64;  // the widest spread of one pen, with its anti-aliased edges
  const bool is_mostly_hidden = tones.total <= static_cast<std::int64_t>(pixel_count) * kWhite / 2;
  const bool is_single_tone = tones.quantile(0.95) - tones.quantile(0.05) < kSingleTone;
  const bool is_dark = tones.quantile(0.5) < 128;
  const bool is_ink = is_mostly_hidden || is_single_tone;
  return is_dark == is_ink ? kWhite : 0;
}

}  // namespace

void lay_on_paper(std::span<std::uint8_t> grey, std::span<const std::uint8_t> alpha) {
  const int paper = backing(visible_tones(grey, alpha), grey.size());
  for (std::size_t i = 0; i < grey.size(); ++i) {
    const int opacity = alpha[i];
    const int mixed = grey[i] * opacity + paper * (kWhite - opacity);
    grey[i] = static_cast<std::uint8_t>((mixed + kWhite / 2) / kWhite);
  }
}

}  // namespace tally
