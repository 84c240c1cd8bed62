// SPDX-License-Identifier: MIT
#include "tally/image/decode.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>

#include <gtest/gtest.h>
#include <zlib.h>

#include "jpeg_fixture.hpp"
#include "page_fixture.hpp"
#include "png_fixture.hpp"
#include "tally/core/error.hpp"
#include "tally/image/image_limits.hpp"
#include "tally/image/png_codec.hpp"

namespace tally {
namespace {

using namespace std::string_view_literals;
using File = std::vector<std::byte>;

File file_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

const GreyImage& page() {
  static const GreyImage kPage = paint(seven(40, 30, 10, 6, 18, 4), 255, 0);
  return kPage;
}

File png() {
  return encode_png(page());
}
File jpeg() {
  return make_jpeg(jpeg_of(page()));
}

File truncated(File file, std::size_t size) {
  file.resize(size);
  return file;
}

File changed(File file, std::size_t at, int value) {
  file.at(at) = std::byte(value);
  return file;
}

// A PNG of one pixel whose header says otherwise, with the right checksum for that.
File png_of_size(std::uint32_t width, std::uint32_t height, int color_type) {
  PngFixture fixture;
  fixture.width = fixture.height = 1;
  fixture.color_type = color_type;
  fixture.rows.assign(4, 0);
  File file = make_png(fixture);
  constexpr std::size_t kHeader = 12;  // of the chunk IHDR: its type, then width and height
  for (std::size_t i = 0; i < 4; ++i) {
    file[kHeader + 4 + i] = std::byte(width >> (24 - 8 * i));
    file[kHeader + 8 + i] = std::byte(height >> (24 - 8 * i));
  }
  const auto* header = reinterpret_cast<const unsigned char*>(file.data() + kHeader);
  const unsigned long checksum = crc32(0, header, 17);
  for (std::size_t i = 0; i < 4; ++i) {
    file[kHeader + 17 + i] = std::byte(checksum >> (24 - 8 * i));
  }
  return file;
}

// A JPEG whose frame header says another size.
File jpeg_of_size(int width, int height, int flags) {
  JpegFixture fixture;
  fixture.width = fixture.height = 16;
  fixture.pixel_format = TJPF_RGB;
  fixture.subsampling = TJSAMP_444;
  fixture.flags = flags;
  fixture.pixels.assign(16 * 16 * 3, 90);
  File file = make_jpeg(fixture);
  for (std::size_t i = 0; i + 9 < file.size(); ++i) {
    const bool is_frame = file[i] == std::byte{0xFF} &&
                          (file[i + 1] == std::byte{0xC0} || file[i + 1] == std::byte{0xC2});
    if (!is_frame) continue;
    file[i + 5] = std::byte(height >> 8);
    file[i + 6] = std::byte(height & 0xFF);
    file[i + 7] = std::byte(width >> 8);
    file[i + 8] = std::byte(width & 0xFF);
    break;
  }
  return file;
}

File cmyk_jpeg() {
  JpegFixture fixture;
  fixture.width = fixture.height = 8;
  fixture.pixel_format = TJPF_CMYK;
  fixture.subsampling = TJSAMP_444;
  fixture.pixels.assign(8 * 8 * 4, 90);
  return make_jpeg(fixture);
}

std::string message_of(const File& file) {
  try {
    decode_image(file, "drawing");
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
    return error.what();
  }
  return "(decoded)";
}

struct Damage {
  File file;
  std::string_view message;
};

TEST(DecodeImage, NamesWhatIsWrongInOneLine) {
  const File png_bytes = png();
  const File jpeg_bytes = jpeg();
  const std::vector<Damage> damages = {
      {{}, "drawing: is empty, expected a PNG or JPEG image; save or copy it again"},
      {file_of("GIF89a\1\0\1\0"sv),
       "drawing: is a GIF image, expected a PNG or JPEG image; save it as PNG"},
      {file_of("RIFF\x24\0\0\0WEBPVP8 "sv),
       "drawing: is a WebP image, expected a PNG or JPEG image; save it as PNG"},
      {file_of("BM\x36\0\0\0"sv),
       "drawing: is a BMP image, expected a PNG or JPEG image; save it as PNG"},
      {file_of("II*\0\x08\0\0\0"sv),
       "drawing: is a TIFF image, expected a PNG or JPEG image; save it as PNG"},
      {file_of("\0\0\0\x18"
               "ftypheic\0\0\0\0"sv),
       "drawing: is a HEIC image, expected a PNG or JPEG image; save it as PNG"},
      {file_of("%PDF-1.7\n"sv),
       "drawing: is a PDF document, expected a PNG or JPEG image; save it as PNG"},
      {file_of("<svg width=\"28\">"sv),
       "drawing: is an SVG drawing, expected a PNG or JPEG image; save it as PNG"},
      {file_of("\xEF\xBB\xBF \n<!DOCTYPE html><title>404</title>"sv),
       "drawing: is a web page, expected a PNG or JPEG image; download the image itself"},
      {file_of("seven"sv),
       "drawing: is no image (it starts with 73 65 76 65), expected a PNG or JPEG image; save it "
       "as PNG"},
      {truncated(png_bytes, 8), "drawing: its PNG data is truncated; save or copy it again"},
      {truncated(png_bytes, png_bytes.size() - 20),
       "drawing: its PNG data is truncated; save or copy it again"},
      {truncated(png_bytes, png_bytes.size() - 1),
       "drawing: its PNG data is truncated; save or copy it again"},
      {changed(png_bytes, 20, 1),
       "drawing: its PNG data is damaged (IHDR: CRC error); save or copy it again"},
      {changed(png_bytes, 60, 0x55),
       "drawing: its PNG data is damaged (IDAT: invalid literal/lengths set); save or copy it "
       "again"},
      {png_of_size(0, 9, PNG_COLOR_TYPE_GRAY),
       "drawing: its PNG data is damaged (Invalid IHDR data); save or copy it again"},
      {png_of_size(30000, 30000, PNG_COLOR_TYPE_GRAY),
       "drawing: is 30 000 x 30 000 pixels, expected at most 100 000 000 pixels; make it smaller"},
      {png_of_size(0x7FFFFFFF, 0x7FFFFFFF, PNG_COLOR_TYPE_RGB_ALPHA),
       "drawing: is 2 147 483 647 x 2 147 483 647 pixels, expected at most 65 500 on a side; "
       "make it smaller"},
      {png_of_size(10000, 9000, PNG_COLOR_TYPE_RGB_ALPHA),
       "drawing: is 10 000 x 9 000 pixels and takes 360 MB to decode, expected at most 128 MB; "
       "make it smaller"},
      {truncated(jpeg_bytes, 3), "drawing: its JPEG data is truncated; save or copy it again"},
      {truncated(jpeg_bytes, 30), "drawing: its JPEG data is truncated; save or copy it again"},
      {changed(jpeg_bytes, 3, 0x02),
       "drawing: its JPEG data cannot be decoded (Unsupported marker type 0x02); save it again, as "
       "PNG"},
      {truncated(jpeg_bytes, jpeg_bytes.size() - 40),
       "drawing: its JPEG data is truncated; save or copy it again"},
      {jpeg_of_size(65000, 65000, 0),
       "drawing: is 65 000 x 65 000 pixels, expected at most 100 000 000 pixels; make it smaller"},
      {jpeg_of_size(9000, 9000, TJFLAG_PROGRESSIVE),
       "drawing: is 9 000 x 9 000 pixels and takes 567 MB to decode, expected at most 128 MB; "
       "make it smaller"},
      {jpeg_of_scans(6000, 6000, 400),
       "drawing: is 6 000 x 6 000 pixels in 401 scans, expected at most 27 scans of that size; "
       "save "
       "it again, as PNG"},
      {make_arithmetic_jpeg(jpeg_of(page())),
       "drawing: its JPEG data is coded arithmetically, expected Huffman's code as in most files; "
       "save it again, as PNG"},
      {cmyk_jpeg(),
       "drawing: has the colours of print (CMYK), expected RGB or grey; save it as PNG"},
  };
  for (const Damage& damage : damages) EXPECT_EQ(message_of(damage.file), damage.message);
}

TEST(DecodeImage, ReadsAJpegOfManyScansIfItIsSmall) {
  EXPECT_EQ(decode_image(jpeg_of_scans(24, 16, 400), "x"), GreyImage(24, 16, 128));
  const ImageLimits limits{.scanned_pixels = 24 * 16 * 400};
  EXPECT_EQ(decode_image(jpeg_of_scans(24, 16, 399), "x", limits), GreyImage(24, 16, 128));
  EXPECT_THROW(decode_image(jpeg_of_scans(24, 16, 400), "x", limits), Error);
}

TEST(DecodeImage, TakesNarrowerLimits) {
  const ImageLimits limits{.side = page().width - 1};
  for (const File& file : {png(), jpeg()}) EXPECT_THROW(decode_image(file, "x", limits), Error);
  EXPECT_THROW(decode_image(png(), "x", {.decoded_bytes = 40 * 30 - 1}), Error);
  EXPECT_EQ(decode_image(png(), "x", {.side = 40, .pixel_count = 40 * 30}), page());
}

TEST(DecodeImage, TellsTheFormatByContent) {
  EXPECT_EQ(decode_image(png(), "drawing.jpg"), page());
  EXPECT_EQ(decode_image(jpeg(), "drawing.png").width, page().width);
}

// Whatever is cut off or changed, decoding ends in an image or in one Error.
TEST(DecodeImage, SurvivesEveryTruncationAndManyChanges) {
  for (const File& file : {png(), jpeg()}) {
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_THROW(decode_image(truncated(file, size), "drawing"), Error) << size;
    }
    RandomStream stream(5, Purpose::kInitialize);
    for (int round = 0; round < 500; ++round) {
      const auto at = stream.below(static_cast<std::uint32_t>(file.size()));
      message_of(changed(file, at, static_cast<int>(stream.below(256))));
    }
  }
}

class ReadImage : public testing::Test {
 protected:
  ReadImage() { std::filesystem::create_directories(directory_); }
  ~ReadImage() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::string& name, const File& file) const {
    const auto path = directory_ / name;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()),
               static_cast<std::streamsize>(file.size()));
    return path;
  }
  static std::string message_of(const std::filesystem::path& path) {
    try {
      read_image(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::kUsage);
      return error.what();
    }
    return "(decoded)";
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) /
      ("tally_read_image_" +
       std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(ReadImage, ReadsFiles) {
  EXPECT_EQ(read_image(write("a.png", png())), page());
}

TEST_F(ReadImage, NamesThePathInErrors) {
  EXPECT_EQ(message_of(directory_), directory_.string() +
                                        ": is a directory, expected a PNG or JPEG file; name the "
                                        "files in it");
  const auto missing = directory_ / "missing.png";
  EXPECT_EQ(message_of(missing), missing.string() +
                                     ": cannot be opened (No such file or directory); check the "
                                     "path and its permissions");
  EXPECT_EQ(message_of("/dev/null"),
            "/dev/null: is a device or a pipe, expected a regular file; copy its data to a file");
  const auto huge = write("huge.png", {});
  std::filesystem::resize_file(huge, kLargestFileBytes + (1 << 20));
  EXPECT_EQ(message_of(huge),
            huge.string() + ": is 65 MB long, expected at most 64 MB; make the image smaller");
}

}  // namespace
}  // namespace tally
