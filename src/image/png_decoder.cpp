// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <new>
#include <string_view>

#include <png.h>

#include "tally/core/error.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/image/alpha.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

// libpng's read structures and what its callbacks need. libpng reports errors by longjmp, which
// runs no destructors: it lands in read_header and read_pixels, whose frames, like those of the
// callbacks, own nothing.
class PngReader {
 public:
  PngReader(std::span<const std::byte> file, const std::string& name);
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  GreyImage read(const ImageLimits& limits);

 private:
  static void on_error(png_structp png, png_const_charp text);
  static void on_warning(png_structp /*png*/, png_const_charp /*text*/) {}
  static void on_read(png_structp png, png_bytep target, std::size_t size);

  bool read_header() noexcept;
  bool read_pixels(std::uint8_t* pixels, std::size_t row_bytes) noexcept;
  void require_read(bool is_read) const;

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::span<const std::byte> remaining_;
  const std::string& name_;
  bool is_truncated_ = false;
  std::array<char, 128> error_text_{};
};

PngReader::PngReader(std::span<const std::byte> file, const std::string& name)
    : remaining_(file), name_(name) {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &on_error, &on_warning);
  if (png_ == nullptr) throw std::bad_alloc();
  info_ = png_create_info_struct(png_);
  if (info_ == nullptr) {
    png_destroy_read_struct(&png_, nullptr, nullptr);
    throw std::bad_alloc();
  }
  png_set_read_fn(png_, this, &on_read);
}

void PngReader::on_error(png_structp png, png_const_charp text) {
  auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
  std::snprintf(reader.error_text_.data(), reader.error_text_.size(), "%s", text);
  png_longjmp(png, 1);
}

void PngReader::on_read(png_structp png, png_bytep target, std::size_t size) {
  auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
  if (size > reader.remaining_.size()) {
    reader.is_truncated_ = true;
    png_error(png, "truncated");
  }
  const std::span<const std::byte> taken = reader.remaining_.first(size);
  std::copy(taken.begin(), taken.end(), reinterpret_cast<std::byte*>(target));
  reader.remaining_ = reader.remaining_.subspan(size);
}

// After it libpng gives 8 bits of grey, grey and alpha, RGB, or RGB and alpha.
bool PngReader::read_header() noexcept {
  constexpr png_uint_32 kLargestSide = 0x7FFFFFFF;
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_user_limits(png_, kLargestSide, kLargestSide);  // require_decodable_size says it better
  png_set_chunk_cache_max(png_, 16);
  png_set_chunk_malloc_max(png_, 1 << 20);
  // Of what a PNG may carry besides pixels, libpng shall parse the palette and transparency only.
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(png_, info_);
  png_set_expand(png_);
  png_set_scale_16(png_);
  return true;
}

bool PngReader::read_pixels(std::uint8_t* pixels, std::size_t row_bytes) noexcept {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  const int passes = png_set_interlace_handling(png_);
  png_read_update_info(png_, info_);
  if (png_get_rowbytes(png_, info_) != row_bytes) png_error(png_, "unexpected row size");
  const png_uint_32 height = png_get_image_height(png_, info_);
  for (int pass = 0; pass < passes; ++pass) {
    for (png_uint_32 y = 0; y < height; ++y) {
      png_read_row(png_, pixels + y * row_bytes, nullptr);
      if (is_stop_asked()) return true;  // the caller asks, too, where it may throw
    }
  }
  png_read_end(png_, nullptr);
  return true;
}

void PngReader::require_read(bool is_read) const {
  if (is_read) return;
  require(!is_truncated_, ExitCode::kUsage, "{}: its PNG data is truncated; save or copy it again",
          name_);
  fail(ExitCode::kUsage, "{}: its PNG data is damaged ({}); save or copy it again", name_,
       error_text_.data());
}

// By the weights of JPEG's brightness, so that a drawing looks the same in both formats.
std::uint8_t brightness(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
}

std::size_t channel_count(png_byte color_type, bool has_transparent_tone) {
  const bool has_color = (color_type & PNG_COLOR_MASK_COLOR) != 0;
  const bool has_alpha = (color_type & PNG_COLOR_MASK_ALPHA) != 0 || has_transparent_tone;
  return (has_color ? 3U : 1U) + (has_alpha ? 1U : 0U);
}

// In the memory of the pixels: beside them a second image would be more than decoding may take.
GreyImage grey_of(std::vector<std::uint8_t> pixels, std::size_t channels, int width, int height) {
  const std::size_t count = pixels.size() / channels;
  const bool has_color = channels >= 3;
  const bool has_alpha = channels % 2 == 0;
  {
    std::vector<std::uint8_t> alpha(has_alpha ? count : 0);
    for (std::size_t i = 0; i < alpha.size(); ++i) alpha[i] = pixels[(i + 1) * channels - 1];
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* pixel = pixels.data() + i * channels;
      pixels[i] = has_color ? brightness(pixel) : *pixel;
    }
    if (has_alpha) lay_on_paper(std::span(pixels).first(count), alpha);
  }
  pixels.resize(count);
  pixels.shrink_to_fit();
  GreyImage image;
  image.width = width;
  image.height = height;
  image.pixels = std::move(pixels);
  return image;
}

GreyImage PngReader::read(const ImageLimits& limits) {
  require_read(read_header());
  const std::int64_t width = png_get_image_width(png_, info_);
  const std::int64_t height = png_get_image_height(png_, info_);
  const std::size_t channels = channel_count(png_get_color_type(png_, info_),
                                             png_get_valid(png_, info_, PNG_INFO_tRNS) != 0);
  require_decodable_size(name_, {width, height, static_cast<std::int64_t>(channels)}, limits);
  const std::size_t row_bytes = static_cast<std::size_t>(width) * channels;
  std::vector<std::uint8_t> pixels(row_bytes * static_cast<std::size_t>(height));
  require_read(read_pixels(pixels.data(), row_bytes));
  stop_point();
  return grey_of(std::move(pixels), channels, static_cast<int>(width), static_cast<int>(height));
}

}  // namespace

GreyImage decode_png(std::span<const std::byte> file, const std::string& name,
                     const ImageLimits& limits) {
  return PngReader(file, name).read(limits);
}

}  // namespace tally
