// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <zlib.h>

#include "support/memory_source.hpp"
#include "support/temporary_directory.hpp"
#include "support/text_in.hpp"
#include "tally/core/error.hpp"
#include "tally/data/byte_source.hpp"

// Files made in code for the tests of this layer. Bytes are strings, for literals and operator+.
namespace tally {

inline std::string bytes(std::initializer_list<int> values) {
  std::string result;
  for (const int value : values) result += static_cast<char>(value);
  return result;
}

inline std::string big_endian(std::uint32_t value) {
  return bytes({static_cast<int>(value >> 24), static_cast<int>(value >> 16 & 255),
                static_cast<int>(value >> 8 & 255), static_cast<int>(value & 255)});
}

inline std::string image_header(std::uint32_t count, std::uint32_t rows, std::uint32_t columns) {
  return bytes({0, 0, 8, 3}) + big_endian(count) + big_endian(rows) + big_endian(columns);
}

inline std::string label_header(std::uint32_t count) {
  return bytes({0, 0, 8, 1}) + big_endian(count);
}

/// Bytes that deflate cannot pack away: the low digits of a small linear congruence.
inline std::string noise(std::size_t size) {
  std::string result;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1664525U + 1013904223U;
    result += static_cast<char>(state >> 24);
  }
  return result;
}

inline std::string zeros(std::size_t size) {
  return std::string(size, '\0');
}

/// 1 000 images of 2 x 3 pixels: 6 016 bytes.
inline std::string good_images() {
  return image_header(1000, 2, 3) + noise(6000);
}

/// 1 000 labels 0..9: 1 008 bytes.
inline std::string good_labels() {
  std::string file = label_header(1000);
  for (int i = 0; i < 1000; ++i) file += static_cast<char>(i * 7 % 10);
  return file;
}

/// One gzip member.
inline std::string gzip(std::string_view data) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// All that a source gives, in chunks of `chunk_bytes`.
inline std::string read_all(ByteSource& source, std::size_t chunk_bytes = 4096) {
  std::string all;
  std::string chunk(chunk_bytes, '\0');
  while (true) {
    const std::size_t count = source.read(std::as_writable_bytes(std::span(chunk)));
    all += chunk.substr(0, count);
    if (count < chunk_bytes) return all;
  }
}

/// Tells how much was asked of the source that it wraps.
class CountingSource final : public ByteSource {
 public:
  struct Counts {
    std::size_t total = 0;
    std::size_t largest_chunk = 0;
  };

  CountingSource(std::unique_ptr<ByteSource> source, Counts& counts)
      : ByteSource(source->name(), source->largest_size()),
        source_(std::move(source)),
        counts_(counts) {}

  std::size_t read(std::span<std::byte> chunk) override {
    counts_.total += chunk.size();
    counts_.largest_chunk = std::max(counts_.largest_chunk, chunk.size());
    return source_->read(chunk);
  }

 private:
  std::unique_ptr<ByteSource> source_;
  Counts& counts_;
};

/// The message of the Error that `work` throws with `exit_code`.
template <typename Work>
std::string error_of(Work&& work, ExitCode exit_code = ExitCode::kUsage) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), exit_code);
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace tally
