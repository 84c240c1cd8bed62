// SPDX-License-Identifier: MIT
#include "tally/image/orientation.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tally {
namespace {

// Numbers of a TIFF file, as an EXIF block holds it behind "Exif\0\0" (TIFF 6.0, section 2).
// Nothing where there are no bytes.
class TiffNumbers {
 public:
  explicit TiffNumbers(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] std::optional<std::uint32_t> two(std::size_t at) const { return number(at, 2); }
  [[nodiscard]] std::optional<std::uint32_t> four(std::size_t at) const { return number(at, 4); }

 private:
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
    if (bytes_.size() < size || at > bytes_.size() - size) return std::nullopt;
    const bool is_little = bytes_[0] == std::byte{'I'};
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t byte = is_little ? size - 1 - i : i;
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at + byte]);
    }
    return value;
  }

  std::span<const std::byte> bytes_;
};

// The entry `tag` of the first directory, if it is one number of 16 bits. Directories are never
// followed: one that names itself would have no end.
std::optional<std::uint32_t> short_of_first_directory(const TiffNumbers& tiff, std::uint32_t tag) {
  constexpr std::uint32_t kShort = 3;
  constexpr std::size_t kEntryBytes = 12;
  const std::size_t directory = tiff.four(4).value_or(0);
  const std::uint32_t entries = tiff.two(directory).value_or(0);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (!tiff.two(entry)) break;
    if (tiff.two(entry) != tag) continue;
    const bool is_one_short = tiff.two(entry + 2) == kShort && tiff.four(entry + 4) == 1U &&
                              tiff.four(entry + 8).has_value();
    return is_one_short ? tiff.two(entry + 8) : std::nullopt;
  }
  return std::nullopt;
}

bool has_turned_sides(Orientation orientation) {
  return orientation >= Orientation::kLeftTop;
}

// Where the stored image (width x height) keeps pixel (x, y) of the upright one.
std::size_t stored_index(int x, int y, int width, int height, Orientation orientation) {
  int column = has_turned_sides(orientation) ? y : x;
  int row = has_turned_sides(orientation) ? x : y;
  const bool has_mirrored_columns =
      orientation == Orientation::kTopRight || orientation == Orientation::kBottomRight ||
      orientation == Orientation::kRightBottom || orientation == Orientation::kLeftBottom;
  const bool has_mirrored_rows =
      orientation == Orientation::kBottomRight || orientation == Orientation::kBottomLeft ||
      orientation == Orientation::kRightTop || orientation == Orientation::kRightBottom;
  if (has_mirrored_columns) column = width - 1 - column;
  if (has_mirrored_rows) row = height - 1 - row;
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
         static_cast<std::size_t>(column);
}

}  // namespace

Orientation exif_orientation(std::span<const std::byte> exif) {
  constexpr std::string_view kStart("Exif\0\0", 6);
  constexpr std::uint32_t kOrientation = 0x0112;
  constexpr std::uint32_t kTiff = 42;
  const bool is_exif =
      exif.size() > kStart.size() &&
      std::ranges::equal(std::as_bytes(std::span(kStart)), exif.first(kStart.size()));
  if (!is_exif) return Orientation::kTopLeft;
  const auto bytes = exif.subspan(kStart.size());
  const TiffNumbers tiff(bytes);
  const bool has_order = bytes.size() > 1 && bytes[0] == bytes[1] &&
                         (bytes[0] == std::byte{'I'} || bytes[0] == std::byte{'M'});
  if (!has_order || tiff.two(2) != kTiff) return Orientation::kTopLeft;
  const std::uint32_t value = short_of_first_directory(tiff, kOrientation).value_or(1);
  return value >= 1 && value <= 8 ? Orientation{static_cast<int>(value)} : Orientation::kTopLeft;
}

GreyImage upright(GreyImage image, Orientation orientation) {
  if (orientation == Orientation::kTopLeft) return image;
  const bool has_turned = has_turned_sides(orientation);
  GreyImage turned(has_turned ? image.height : image.width,
                   has_turned ? image.width : image.height);
  for (int y = 0; y < turned.height; ++y) {
    for (int x = 0; x < turned.width; ++x) {
      turned.at(x, y) = image.pixels[stored_index(x, y, image.width, image.height, orientation)];
    }
  }
  return turned;
}

}  // namespace tally
