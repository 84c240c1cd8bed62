// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <new>
#include <string>

#include <zlib.h>

#include "tally/core/whole_file.hpp"
#include "tally/data/file_signature.hpp"
#include "tally/data/idx_file.hpp"

namespace tally {
namespace {

// Packs bytes on their way to a file. zlib's own gzip header has no time stamp and no name.
class GzipWriter {
 public:
  explicit GzipWriter(WholeFile& file) : file_(file) {
    constexpr int kGzipOnly = MAX_WBITS + 16;
    constexpr int kMemoryLevel = 8;  // zlib's default
    if (deflateInit2(&stream_, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipOnly, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzipWriter() { deflateEnd(&stream_); }
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  void write(std::span<const std::byte> bytes) {
    constexpr std::size_t kLargestPiece = std::numeric_limits<uInt>::max();
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min(bytes.size(), kLargestPiece));
      pack(piece, Z_NO_FLUSH);
      bytes = bytes.subspan(piece.size());
    }
  }

  void finish() { pack({}, Z_FINISH); }

 private:
  void pack(std::span<const std::byte> piece, int flush) {
    std::array<std::byte, 65536> packed{};
    stream_.next_in = reinterpret_cast<z_const Bytef*>(const_cast<std::byte*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(packed.data());
      stream_.avail_out = static_cast<uInt>(packed.size());
      deflate(&stream_, flush);
      file_.write(std::span(packed).first(packed.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

  WholeFile& file_;
  z_stream stream_{};
};

void write_idx(const std::filesystem::path& path, std::span<const std::byte> header,
               std::span<const std::byte> data) {
  WholeFile file(path);
  if (has_gzip_name(path.string())) {
    GzipWriter gzip(file);
    gzip.write(header);
    gzip.write(data);
    gzip.finish();
  } else {
    file.write(header);
    file.write(data);
  }
  file.publish();
}

}  // namespace

void write_idx_images(const std::filesystem::path& path, std::int64_t rows, std::int64_t columns,
                      std::span<const std::uint8_t> pixels, std::int64_t channels) {
  const IdxShape shape{std::ssize(pixels) / (rows * columns * channels), rows, columns, channels};
  assert(shape.count > 0 && shape.count * shape.item_bytes() == std::ssize(pixels));
  write_idx(path, make_idx_header(IdxContent::kImages, shape), std::as_bytes(pixels));
}

void write_idx_labels(const std::filesystem::path& path, std::span<const std::uint8_t> labels) {
  assert(!labels.empty());
  const IdxShape shape{.count = std::ssize(labels)};
  write_idx(path, make_idx_header(IdxContent::kLabels, shape), std::as_bytes(labels));
}

}  // namespace tally
