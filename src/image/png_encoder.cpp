// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cassert>
#include <csetjmp>
#include <new>

#include <png.h>

#include "tally/core/error.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

// The largest PNG that libpng writes for so many bytes of rows: deflate's stored blocks, a chunk
// head and tail for each buffer of 8 KiB, the other chunks.
std::size_t largest_file_bytes(std::size_t row_bytes) {
  return row_bytes + row_bytes / 64 + 4096;
}

class PngWriter {
 public:
  explicit PngWriter(const GreyImage& image);
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  std::vector<std::byte> write();

 private:
  static void on_error(png_structp png, png_const_charp /*text*/) { png_longjmp(png, 1); }
  static void on_warning(png_structp /*png*/, png_const_charp /*text*/) {}
  static void on_flush(png_structp /*png*/) {}
  static void on_write(png_structp png, png_bytep source, std::size_t size);

  // Like the decoder's: longjmp lands here and the frame owns nothing.
  bool write_image() noexcept;

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  const GreyImage& image_;
  std::vector<std::byte> file_;
  std::size_t written_ = 0;
};

PngWriter::PngWriter(const GreyImage& image)
    : image_(image),
      file_(largest_file_bytes(image.pixels.size() + static_cast<std::size_t>(image.height))) {
  png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, &on_error, &on_warning);
  if (png_ == nullptr) throw std::bad_alloc();
  info_ = png_create_info_struct(png_);
  if (info_ == nullptr) {
    png_destroy_write_struct(&png_, nullptr);
    throw std::bad_alloc();
  }
  png_set_write_fn(png_, this, &on_write, &on_flush);
}

void PngWriter::on_write(png_structp png, png_bytep source, std::size_t size) {
  auto& writer = *static_cast<PngWriter*>(png_get_io_ptr(png));
  if (size > writer.file_.size() - writer.written_) png_error(png, "no room");
  std::copy_n(reinterpret_cast<const std::byte*>(source), size,
              writer.file_.data() + writer.written_);
  writer.written_ += size;
}

bool PngWriter::write_image() noexcept {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_IHDR(png_, info_, static_cast<png_uint_32>(image_.width),
               static_cast<png_uint_32>(image_.height), 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png_, info_);
  for (int y = 0; y < image_.height; ++y) png_write_row(png_, image_.row(y));
  png_write_end(png_, nullptr);
  return true;
}

std::vector<std::byte> PngWriter::write() {
  require(write_image(), ExitCode::kFailure, "PNG: libpng could not encode an image of {} x {}",
          image_.width, image_.height);
  file_.resize(written_);
  return std::move(file_);
}

}  // namespace

std::vector<std::byte> encode_png(const GreyImage& image) {
  assert(image.width > 0 && image.height > 0);
  return PngWriter(image).write();
}

}  // namespace tally
