// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "tally/core/digest.hpp"
#include "tally/data/byte_source.hpp"
#include "tally/data/idx_stream.hpp"

// Image and label files in the IDX format of MNIST. Readers trust nothing: header, counts, label
// range, exact length and checksums are verified, and memory is bounded by what the caller passes
// in or what has arrived, never by what a header claims.
namespace tally {

/// Opens `path`, unpacking it if its name ends in .gz. The readers recognise files saved under the
/// wrong name: not gzip, gzip without .gz, gzip twice, a web page.
std::unique_ptr<ByteSource> open_idx(const std::filesystem::path& path);

/// Reads images [count x rows x columns x channels] of unsigned bytes in order, any number at a
/// time.
class IdxImageReader {
 public:
  /// Reads and verifies the header. What it promises fits the file: exactly if it is plain, and
  /// within the 1032-fold compression that gzip can reach at most.
  explicit IdxImageReader(std::unique_ptr<ByteSource> source);

  [[nodiscard]] std::int64_t count() const { return stream_.shape().count; }
  [[nodiscard]] std::int64_t rows() const { return stream_.shape().rows; }
  [[nodiscard]] std::int64_t columns() const { return stream_.shape().columns; }
  [[nodiscard]] std::int64_t channels() const { return stream_.shape().channels; }
  [[nodiscard]] std::int64_t image_bytes() const { return stream_.shape().item_bytes(); }

  /// Reads the next images: `pixels` must hold a whole number of them, no more than remain.
  void read(std::span<std::uint8_t> pixels);

  /// To be called after the last image: verifies that the file ends here, checksums included.
  /// Returns the SHA-256 of the uncompressed file.
  Digest finish() { return stream_.finish(); }

 private:
  IdxStream stream_;
};

struct IdxLabels {
  std::vector<std::uint8_t> labels;
  Digest digest{};  ///< SHA-256 of the uncompressed file
};

/// Reads all labels of a file. Throws an Error unless every label is below `classes`.
IdxLabels read_idx_labels(std::unique_ptr<ByteSource> source, int classes);

/// Writes a file that the reader accepts: `pixels` holds one or more whole images of at most
/// kIdxLargestSide rows and columns and kIdxMostChannels channels. Gzip-compressed if the name ends
/// in .gz, without time stamp or name, so that the same data gives the same file. A file is
/// complete or not there at all: it is written as `path`.part and renamed.
void write_idx_images(const std::filesystem::path& path, std::int64_t rows, std::int64_t columns,
                      std::span<const std::uint8_t> pixels, std::int64_t channels = 1);

/// Likewise for one or more labels.
void write_idx_labels(const std::filesystem::path& path, std::span<const std::uint8_t> labels);

}  // namespace tally
