// SPDX-License-Identifier: MIT
#include "tally/data/idx_header.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/data/file_signature.hpp"

namespace tally {
namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kSizeBytes = 4;
constexpr std::byte kUnsignedByte{0x08};

using Magic = std::array<std::byte, kMagicBytes>;

constexpr int kColourDimensions = 4;

int dimension_count(IdxContent content) {
  return content == IdxContent::kImages ? 3 : 1;
}

bool is_colour(IdxContent content, std::byte dimensions) {
  return content == IdxContent::kImages && dimensions == std::byte{kColourDimensions};
}

Magic magic_of(int dimensions) {
  return {std::byte{0}, std::byte{0}, kUnsignedByte, std::byte(dimensions)};
}

std::string_view type_name(std::byte type) {
  switch (std::to_integer<int>(type)) {
    case 0x09:
      return "signed byte";
    case 0x0B:
      return "16-bit integer";
    case 0x0C:
      return "32-bit integer";
    case 0x0D:
      return "float";
    case 0x0E:
      return "double";
    default:
      return "unknown";
  }
}

void refuse_gzip(const std::string& name, std::span<const std::byte> start) {
  if (!is_gzip(start)) return;
  require(!has_gzip_name(name), ExitCode::kUsage,
          "{}: was packed with gzip twice; unpack it twice with gunzip -c", name);
  fail(ExitCode::kUsage, "{}: is packed with gzip; add .gz to its name", name);
}

void require_idx(const std::string& name, const Magic& expected, const Magic& got) {
  const std::string difference =
      fmt::format("expected to start with {}, got {}", hex_text(expected), hex_text(got));
  const bool is_swapped =
      got[0] != std::byte{0} && is_idx(std::array{got[3], got[2], got[1], got[0]});
  require(!is_swapped, ExitCode::kUsage,
          "{}: has a little-endian header ({}); write it with big-endian numbers", name,
          difference);
  require(got[0] == std::byte{0} && got[1] == std::byte{0}, ExitCode::kUsage,
          "{}: is not an IDX file ({}); download it again", name, difference);
}

void require_type(const std::string& name, std::byte type) {
  require(type == kUnsignedByte, ExitCode::kUsage,
          "{}: has elements of type 0x{:02X} ({}), expected 0x08 (unsigned byte); convert its "
          "values to bytes of 0 to 255",
          name, std::to_integer<unsigned>(type), type_name(type));
}

void require_dimensions(const std::string& name, IdxContent content, int got) {
  const IdxContent other =
      content == IdxContent::kImages ? IdxContent::kLabels : IdxContent::kImages;
  require(got != dimension_count(other), ExitCode::kUsage,
          "{}: is a file of {}s, expected {}s; give each file the name of its content", name,
          item_noun(other), item_noun(content));
  require(got == dimension_count(content) || is_colour(content, std::byte(got)), ExitCode::kUsage,
          "{}: has {}, expected {}; convert it to images of bytes and their labels", name,
          counted(got, "dimension"),
          content == IdxContent::kImages
              ? "3 of grey images (count, rows, columns) or 4 of colour images (and channels)"
              : "1 of labels (count)");
}

std::int64_t big_endian(std::span<const std::byte> bytes) {
  std::int64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::int64_t>(byte);
  return value;
}

void require_shape(const std::string& name, IdxContent content, const IdxShape& shape) {
  const std::string noun = item_noun(content);
  require(shape.count > 0, ExitCode::kUsage, "{}: holds no {}s; download it again", name, noun);
  require(shape.count <= kIdxLargestCount, ExitCode::kUsage,
          "{}: claims {}, expected {} at most; download it again", name, counted(shape.count, noun),
          grouped(kIdxLargestCount));
  const auto is_side = [](std::int64_t side) { return side >= 1 && side <= kIdxLargestSide; };
  require(is_side(shape.rows) && is_side(shape.columns), ExitCode::kUsage,
          "{}: claims images of {} x {} pixels, expected 1 to {} rows and columns; download it "
          "again",
          name, grouped(shape.rows), grouped(shape.columns), grouped(kIdxLargestSide));
  require(shape.channels >= 1 && shape.channels <= kIdxMostChannels, ExitCode::kUsage,
          "{}: claims images of {}, expected 1 to {} (grey; grey and alpha; red, green and blue; "
          "these and alpha) as the last size; convert it to that order",
          name, counted(shape.channels, "channel"), kIdxMostChannels);
}

}  // namespace

std::string item_noun(IdxContent content) {
  return content == IdxContent::kImages ? "image" : "label";
}

std::size_t idx_header_bytes(IdxContent content, std::span<const std::byte> start) {
  const bool has_channels =
      start.size() >= kMagicBytes && is_colour(content, start[kMagicBytes - 1]);
  return kMagicBytes + kSizeBytes * (has_channels ? kColourDimensions : dimension_count(content));
}

IdxShape parse_idx_header(const std::string& name, IdxContent content,
                          std::span<const std::byte> start) {
  refuse_failed_download(name, start);
  refuse_gzip(name, start);
  const auto require_length = [&](std::size_t bytes) {
    require(start.size() >= bytes, ExitCode::kUsage,
            "{}: truncated in its header (expected {} bytes, got {}); download it again", name,
            idx_header_bytes(content, start), start.size());
  };
  require_length(kMagicBytes);
  Magic magic{};
  std::ranges::copy(start.first(kMagicBytes), magic.begin());
  require_idx(name, magic_of(dimension_count(content)), magic);
  require_type(name, magic[2]);
  require_dimensions(name, content, std::to_integer<int>(magic[3]));

  require_length(idx_header_bytes(content, start));
  const auto size = [&](std::size_t dimension) {
    return big_endian(start.subspan(kMagicBytes + dimension * kSizeBytes, kSizeBytes));
  };
  IdxShape shape{.count = size(0)};
  if (content == IdxContent::kImages) shape = {size(0), size(1), size(2)};
  if (is_colour(content, magic[3])) shape.channels = size(3);
  require_shape(name, content, shape);
  return shape;
}

std::vector<std::byte> make_idx_header(IdxContent content, const IdxShape& shape) {
  const bool has_channels = shape.channels > 1;
  const Magic magic = magic_of(has_channels ? kColourDimensions : dimension_count(content));
  std::vector<std::byte> header(magic.begin(), magic.end());
  const auto append = [&](std::int64_t size) {
    for (int shift = 24; shift >= 0; shift -= 8) header.push_back(std::byte(size >> shift & 0xFF));
  };
  append(shape.count);
  if (content == IdxContent::kImages) {
    append(shape.rows);
    append(shape.columns);
    if (has_channels) append(shape.channels);
  }
  return header;
}

}  // namespace tally
