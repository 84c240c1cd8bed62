// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <stdlib.h>
#include <turbojpeg.h>

#include "tally/image/grey_image.hpp"

// JPEG files of every kind, made by TurboJPEG.
namespace tally {

struct JpegFixture {
  int width = 0;
  int height = 0;
  int pixel_format = TJPF_GRAY;
  int subsampling = TJSAMP_GRAY;
  int flags = TJFLAG_ACCURATEDCT;
  int quality = 95;
  std::vector<std::uint8_t> pixels;
};

inline JpegFixture jpeg_of(const GreyImage& image) {
  JpegFixture fixture;
  fixture.width = image.width;
  fixture.height = image.height;
  fixture.pixels = image.pixels;
  return fixture;
}

inline std::vector<std::byte> make_jpeg(const JpegFixture& fixture) {
  tjhandle encoder = tjInitCompress();
  unsigned char* file = nullptr;
  unsigned long size = 0;
  tjCompress2(encoder, fixture.pixels.data(), fixture.width, 0, fixture.height,
              fixture.pixel_format, &file, &size, fixture.subsampling, fixture.quality,
              fixture.flags);
  const auto* bytes = reinterpret_cast<const std::byte*>(file);
  std::vector<std::byte> copy(bytes, bytes + size);
  tjFree(file);
  tjDestroy(encoder);
  return copy;
}

/// What TurboJPEG writes for `fixture` when its environment asks for arithmetic coding.
inline std::vector<std::byte> make_arithmetic_jpeg(const JpegFixture& fixture) {
  setenv("TJ_ARITHMETIC", "1", 1);
  std::vector<std::byte> file = make_jpeg(fixture);
  unsetenv("TJ_ARITHMETIC");
  return file;
}

/// A grey progressive JPEG: a scan of zero for each block, and `refinements` more that say in a few
/// bytes that all blocks have nothing to add, as many as the standard allows.
inline std::vector<std::byte> jpeg_of_scans(int width, int height, int refinements) {
  std::vector<std::byte> file = {std::byte{0xFF}, std::byte{0xD8}};
  const auto put = [&](const std::vector<int>& bytes) {
    for (const int byte : bytes) file.push_back(std::byte(byte));
  };
  put({0xFF, 0xDB, 0, 67, 0});  // quantization by 1
  file.insert(file.end(), 64, std::byte{1});
  put({0xFF, 0xC2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0});
  for (const auto& [table, symbol] : {std::pair(0x00, 0x00), std::pair(0x10, 0xE0)}) {
    put({0xFF, 0xC4, 0, 20, table, 1});  // one code of one bit
    file.insert(file.end(), 15, std::byte{0});
    put({symbol});
  }
  const int blocks = (width + 7) / 8 * ((height + 7) / 8);
  put({0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0});
  file.insert(file.end(), static_cast<std::size_t>(blocks + 7) / 8, std::byte{0});
  constexpr int kHighestBit = 13;
  for (int scan = 0; scan < refinements; ++scan) {
    const int bit = kHighestBit - scan % (kHighestBit + 1);
    const int before = bit == kHighestBit ? 0 : bit + 1;
    const int coefficient = 1 + scan / (kHighestBit + 1);
    put({0xFF, 0xDA, 0, 8, 1, 1, 0, coefficient, coefficient, before << 4 | bit});
    // Runs of 16 384 blocks: a code of one bit and 14 bits of zero.
    const int bits = 15 * (blocks / 16'384 + 1);
    file.insert(file.end(), static_cast<std::size_t>(bits + 7) / 8, std::byte{0});
  }
  put({0xFF, 0xD9});
  return file;
}

/// An EXIF block that holds nothing but the orientation, in either byte order.
inline std::vector<std::byte> exif_block(int orientation, bool is_little_endian) {
  const auto value = static_cast<std::uint8_t>(orientation);
  const std::vector<std::uint8_t> little = {
      'E',  'x',  'i', 'f', 0, 0, 'I', 'I', 42,    0, 8, 0, 0, 0,  // header, first directory at 8
      1,    0,                                                     // one entry
      0x12, 0x01, 3,   0,   1, 0, 0,   0,   value, 0, 0, 0,        // orientation, one short
      0,    0,    0,   0};                                         // no further directory
  const std::vector<std::uint8_t> big = {'E', 'x', 'i', 'f',   0, 0,    'M',  'M', 0, 42, 0,
                                         0,   0,   8,   0,     1, 0x01, 0x12, 0,   3, 0,  0,
                                         0,   1,   0,   value, 0, 0,    0,    0,   0, 0};
  std::vector<std::byte> block;
  for (const std::uint8_t byte : is_little_endian ? little : big) block.push_back(std::byte{byte});
  return block;
}

/// The file with an APP1 segment after its first marker.
inline std::vector<std::byte> with_exif(std::vector<std::byte> jpeg,
                                        const std::vector<std::byte>& block) {
  const std::size_t length = block.size() + 2;
  std::vector<std::byte> segment = {std::byte{0xFF}, std::byte{0xE1}, std::byte(length >> 8),
                                    std::byte(length & 0xFF)};
  segment.insert(segment.end(), block.begin(), block.end());
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

}  // namespace tally
