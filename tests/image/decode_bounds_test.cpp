// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <ctime>
#include <functional>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "jpeg_fixture.hpp"
#include "png_fixture.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/image_limits.hpp"

// The largest images that are taken, in the memory that decoding may take.
namespace tally {
namespace {

using File = std::vector<std::byte>;

struct Cost {
  std::int64_t decoding_bytes = 0;
  double decoding_seconds = 0;   ///< of a processor
  std::int64_t total_bytes = 0;  ///< with preparation
  double total_seconds = 0;
};

std::int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * std::int64_t{1024};
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Cost cost_here(const File& file) {
  const std::int64_t before = peak_bytes();
  const double start = processor_seconds();
  Cost cost;
  GreyImage page = decode_image(file, "large");
  cost.decoding_bytes = peak_bytes() - before;
  cost.decoding_seconds = processor_seconds() - start;
  prepare_page(std::move(page), Digits::kSeveral);
  cost.total_bytes = peak_bytes() - before;
  cost.total_seconds = processor_seconds() - start;
  return cost;
}

// In a process of its own, whose peak of memory begins with what it has now.
Cost cost_of(const File& file) {
  std::array<int, 2> pipe_ends{};
  EXPECT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    Cost cost;
    try {
      cost = cost_here(file);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      _exit(1);
    }
    _exit(write(pipe_ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Cost cost;
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read(pipe_ends[0], &cost, sizeof cost), static_cast<ssize_t>(sizeof cost));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return cost;
}

File blank_png(int side, int color_type, std::size_t channels, bool is_interlaced) {
  PngFixture fixture;
  fixture.width = fixture.height = side;
  fixture.color_type = color_type;
  fixture.is_interlaced = is_interlaced;
  fixture.is_fast = true;
  fixture.rows.assign(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * channels,
                      200);
  return make_png(fixture);
}

File ruled_png(int side) {
  PngFixture fixture;
  fixture.width = fixture.height = side;
  fixture.is_fast = true;
  const auto width = static_cast<std::size_t>(side);
  fixture.rows.assign(width * width, 240);
  for (std::size_t y = 0; y < width; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const bool is_line = y % 500 < 6 || x % 500 < 6;
      const bool is_stroke = x / 50 == 100 && y > width / 4 && y < width / 2;
      if (is_line || is_stroke) fixture.rows[y * width + x] = is_stroke ? 20 : 160;
    }
  }
  return make_png(fixture);
}

File blank_jpeg(int side, int pixel_format, std::size_t channels, int subsampling, int flags) {
  JpegFixture fixture;
  fixture.width = fixture.height = side;
  fixture.pixel_format = pixel_format;
  fixture.subsampling = subsampling;
  fixture.flags = flags;
  fixture.pixels.assign(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * channels,
                        200);
  return make_jpeg(fixture);
}

struct LargeImage {
  std::string name;
  std::function<File()> make;
};

const std::vector<LargeImage> kLargestImages = {
    {"interlaced grey PNG", [] { return blank_png(10'000, PNG_COLOR_TYPE_GRAY, 1, true); }},
    {"ruled grey PNG", [] { return ruled_png(10'000); }},
    {"RGB PNG", [] { return blank_png(6'531, PNG_COLOR_TYPE_RGB, 3, false); }},
    {"RGBA PNG", [] { return blank_png(5'656, PNG_COLOR_TYPE_RGB_ALPHA, 4, false); }},
    {"grey JPEG", [] { return blank_jpeg(10'000, TJPF_GRAY, 1, TJSAMP_GRAY, 0); }},
    {"grey JPEG to be turned",
     [] {
       return with_exif(blank_jpeg(8'000, TJPF_GRAY, 1, TJSAMP_GRAY, 0), exif_block(6, true));
     }},
    {"progressive JPEG",
     [] { return blank_jpeg(4'276, TJPF_RGB, 3, TJSAMP_444, TJFLAG_PROGRESSIVE); }},
    {"JPEG of 27 scans", [] { return jpeg_of_scans(6'000, 6'000, 26); }},
};

TEST(DecodeImage, TakesLessThan256MegabytesForTheLargestImages) {
#ifdef TALLY_SANITIZED
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  constexpr std::int64_t kMostBytes = 256'000'000;
  for (const auto& [name, make] : kLargestImages) {
    const Cost cost = cost_of(make());
    std::printf("%-24s decoding %4lld MB %.2f s, with preparation %4lld MB %.2f s\n", name.c_str(),
                static_cast<long long>(cost.decoding_bytes / 1'000'000), cost.decoding_seconds,
                static_cast<long long>(cost.total_bytes / 1'000'000), cost.total_seconds);
    EXPECT_GT(cost.decoding_bytes, 30'000'000) << name;
    EXPECT_LT(cost.decoding_bytes + kLargestFileBytes, kMostBytes) << name;
    EXPECT_LT(cost.total_bytes, kMostBytes) << name;  // without the file, which has gone by then
  }
}

}  // namespace
}  // namespace tally
