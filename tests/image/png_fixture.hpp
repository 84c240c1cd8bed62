// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <png.h>

// PNG files of every kind, made by libpng.
namespace tally {

struct PngFixture {
  int width = 0;
  int height = 0;
  int bit_depth = 8;
  int color_type = PNG_COLOR_TYPE_GRAY;
  bool is_interlaced = false;
  bool is_fast = false;            ///< to write, and larger
  std::vector<std::uint8_t> rows;  ///< packed as PNG packs them
  std::vector<png_color> palette;
  std::vector<std::uint8_t> palette_alpha;
  std::vector<png_color_16> transparent_tone;  ///< one, or none
};

inline std::vector<std::byte> make_png(const PngFixture& fixture) {
  std::vector<std::byte> file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  const auto write = [](png_structp writer, png_bytep source, std::size_t size) {
    auto& target = *static_cast<std::vector<std::byte>*>(png_get_io_ptr(writer));
    const auto* bytes = reinterpret_cast<const std::byte*>(source);
    target.insert(target.end(), bytes, bytes + size);
  };
  png_set_write_fn(png, &file, write, [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(fixture.width),
               static_cast<png_uint_32>(fixture.height), fixture.bit_depth, fixture.color_type,
               fixture.is_interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (fixture.is_fast) {
    png_set_compression_level(png, 1);
    png_set_filter(png, 0, PNG_FILTER_NONE);
  }
  if (!fixture.palette.empty()) {
    png_set_PLTE(png, info, fixture.palette.data(), static_cast<int>(fixture.palette.size()));
  }
  const bool has_transparency = !fixture.palette_alpha.empty() || !fixture.transparent_tone.empty();
  if (has_transparency) {
    png_set_tRNS(png, info, fixture.palette_alpha.data(),
                 static_cast<int>(fixture.palette_alpha.size()),
                 fixture.transparent_tone.empty() ? nullptr : fixture.transparent_tone.data());
  }
  png_write_info(png, info);
  std::vector<std::uint8_t> pixels = fixture.rows;
  std::vector<png_bytep> row_pointers;
  for (std::size_t y = 0; y < static_cast<std::size_t>(fixture.height); ++y) {
    row_pointers.push_back(pixels.data() + y * png_get_rowbytes(png, info));
  }
  png_write_image(png, row_pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

}  // namespace tally
