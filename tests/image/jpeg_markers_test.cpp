// SPDX-License-Identifier: MIT
#include "tally/image/jpeg_markers.hpp"

#include <gtest/gtest.h>

#include "jpeg_fixture.hpp"

namespace tally {
namespace {

JpegFixture colored(int flags) {
  JpegFixture fixture;
  fixture.width = fixture.height = 16;
  fixture.pixel_format = TJPF_RGB;
  fixture.subsampling = TJSAMP_420;
  fixture.flags = flags;
  fixture.pixels.assign(16 * 16 * 3, 77);
  return fixture;
}

TEST(JpegMarkers, TellProgressiveFromBaseline) {
  EXPECT_FALSE(read_jpeg_markers(make_jpeg(colored(0))).has_many_scans);
  EXPECT_TRUE(read_jpeg_markers(make_jpeg(colored(TJFLAG_PROGRESSIVE))).has_many_scans);
}

TEST(JpegMarkers, CountTheScans) {
  EXPECT_EQ(read_jpeg_markers(make_jpeg(colored(0))).scan_count, 1);
  EXPECT_EQ(read_jpeg_markers(make_jpeg(colored(TJFLAG_PROGRESSIVE))).scan_count, 10);
  EXPECT_EQ(read_jpeg_markers(jpeg_of_scans(8, 8, 30)).scan_count, 31);
  // Coded data with a byte FF, a place to start again, and fill bytes before the next scan.
  auto restarted = jpeg_of_scans(8, 8, 1);
  const std::string_view data("\0\xFF\0\xFF\xD3\0\xFF\xFF", 8);
  const auto bytes = std::as_bytes(std::span(data));
  restarted.insert(restarted.end() - 14, bytes.begin(), bytes.end());
  EXPECT_EQ(read_jpeg_markers(restarted).scan_count, 2);
  // Another image behind the end is none of this one's.
  auto file = make_jpeg(colored(0));
  file.insert(file.end(), file.begin(), file.end());
  EXPECT_EQ(read_jpeg_markers(file).scan_count, 1);
}

TEST(JpegMarkers, FindTheFirstExifBlock) {
  const std::vector<std::byte> block = exif_block(6, true);
  const auto once = with_exif(make_jpeg(colored(0)), block);
  const auto twice = with_exif(with_exif(make_jpeg(colored(0)), exif_block(3, true)), block);
  for (const auto& file : {once, twice}) {
    const auto exif = read_jpeg_markers(file).exif;
    EXPECT_EQ(std::vector<std::byte>(exif.begin(), exif.end()), block);
  }
  EXPECT_TRUE(read_jpeg_markers(make_jpeg(colored(0))).exif.empty());
}

TEST(JpegMarkers, GoOnBehindMarkersWithoutLength) {
  for (const int marker : {0x01, 0xD0, 0xD7}) {
    auto file = with_exif(make_jpeg(colored(TJFLAG_PROGRESSIVE)), exif_block(6, true));
    file.insert(file.begin() + 2, {std::byte{0xFF}, std::byte(marker)});
    EXPECT_FALSE(read_jpeg_markers(file).exif.empty()) << marker;
    EXPECT_TRUE(read_jpeg_markers(file).has_many_scans) << marker;
  }
}

TEST(JpegMarkers, SurviveEveryTruncation) {
  const auto file = with_exif(make_jpeg(colored(TJFLAG_PROGRESSIVE)), exif_block(6, false));
  for (std::size_t size = 0; size < file.size(); ++size) {
    // A copy of exactly that size, so that reading on would be seen by AddressSanitizer.
    const std::vector<std::byte> start(file.begin(),
                                       file.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_LE(read_jpeg_markers(start).exif.size(), size);
  }
}

}  // namespace
}  // namespace tally
