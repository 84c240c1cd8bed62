// SPDX-License-Identifier: MIT
#include "tally/image/orientation.hpp"

#include <memory>

#include <libexif/exif-data.h>

namespace tally {
namespace {

struct ReleaseExif {
  void operator()(ExifData* data) const { exif_data_unref(data); }
};

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
  if (exif.empty()) return Orientation::kTopLeft;
  const std::unique_ptr<ExifData, ReleaseExif> data(exif_data_new_from_data(
      reinterpret_cast<const unsigned char*>(exif.data()), static_cast<unsigned>(exif.size())));
  if (!data) return Orientation::kTopLeft;
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  const bool is_short = entry != nullptr && entry->format == EXIF_FORMAT_SHORT &&
                        entry->data != nullptr && entry->size >= sizeof(ExifShort);
  if (!is_short) return Orientation::kTopLeft;
  const int value = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return value >= 1 && value <= 8 ? Orientation{value} : Orientation::kTopLeft;
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
