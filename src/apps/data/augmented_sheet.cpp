// SPDX-License-Identifier: MIT
#include "data/augmented_sheet.hpp"

#include <vector>

#include <fmt/format.h>

#include "tally/augment/augmenter.hpp"
#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/image/canvas.hpp"
#include "tally/image/channels.hpp"

namespace tally {
namespace {

constexpr int kMargin = 12;
constexpr int kGap = 6;
constexpr int kPictureSide = 84;
constexpr int kCell = kPictureSide + kGap;
constexpr int kHeadHeight = 28;
constexpr int kTextHeight = 11;

}  // namespace

GreyImage augmented_sheet(const SplitFiles& files, const AugmentedSheetOptions& options) {
  SplitReader reader(files);
  const ImageSize size{reader.rows(), reader.columns(), reader.channels()};
  require(options.first >= 0 && options.first < reader.count(), ExitCode::kUsage,
          "{}: expected an index from 0 to {}, got {}", files.images.string(),
          grouped(reader.count() - 1), grouped(options.first));
  require_augmentable(size);
  const Augmenter augmenter(options.distortions, size, options.seed);
  Augmenter::Scratch scratch(size);
  std::vector<std::uint8_t> copy(size.values());

  Canvas canvas(2 * kMargin + kGap + (1 + kSheetCopies) * kCell,
                kHeadHeight + 2 * kMargin + kSheetImages * kCell);
  canvas.text(kMargin, kMargin, "image and copies", kTextHeight);
  const auto draw = [&](std::span<const std::uint8_t> pixels, int x, int y) {
    canvas.picture(grey_image(pixels, size.height, size.width), {x, y, kPictureSide, kPictureSide});
  };
  int y = kMargin + kHeadHeight;
  // To the end: what is drawn comes from a file that is whole.
  while (const auto image = reader.next()) {
    if (image->index < options.first || image->index >= options.first + kSheetImages) continue;
    draw(image->pixels, kMargin, y);
    for (int i = 0; i < kSheetCopies; ++i) {
      const auto sample = static_cast<std::uint32_t>(image->index);
      augmenter.apply({sample, static_cast<std::uint32_t>(i), options.strength}, image->pixels,
                      scratch, copy);
      draw(copy, kMargin + kGap + (1 + i) * kCell, y);
    }
    y += kCell;
  }
  return canvas.image();
}

}  // namespace tally
