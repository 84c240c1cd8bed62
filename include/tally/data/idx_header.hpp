// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// The header of an IDX file (yann.lecun.com/exdb/mnist): two zero bytes, a type byte (0x08:
// unsigned bytes), the number of dimensions, and one big-endian 32-bit size per dimension. Grey
// images have three (count, rows, columns), colour images a fourth: channels, innermost.
namespace tally {

enum class IdxContent { kImages, kLabels };

/// What a header promises. Labels have one row, one column and one channel.
struct IdxShape {
  std::int64_t count = 0;
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t channels = 1;

  [[nodiscard]] std::int64_t item_bytes() const { return rows * columns * channels; }
  friend bool operator==(const IdxShape&, const IdxShape&) = default;
};

inline constexpr std::int64_t kIdxLargestCount = 2147483647;
inline constexpr std::int64_t kIdxLargestSide = 4096;
inline constexpr std::int64_t kIdxMostChannels = 4;  ///< red, green, blue and alpha

/// "image" or "label"
std::string item_noun(IdxContent content);

inline constexpr std::size_t kIdxMostHeaderBytes = 20;

/// 16 for images, 8 for labels; 20 for colour images, if the file begins with `start`.
std::size_t idx_header_bytes(IdxContent content, std::span<const std::byte> start = {});

/// `start` holds the first idx_header_bytes(content, start) bytes of the file, or all of a shorter
/// one. Throws an Error unless they are a header of that content, with 1 to kIdxLargestCount items
/// of 1 to kIdxLargestSide rows and columns and 1 to kIdxMostChannels channels. No product of the
/// sizes overflows.
IdxShape parse_idx_header(const std::string& name, IdxContent content,
                          std::span<const std::byte> start);

std::vector<std::byte> make_idx_header(IdxContent content, const IdxShape& shape);

}  // namespace tally
