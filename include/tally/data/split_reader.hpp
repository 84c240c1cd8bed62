// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tally/core/digest.hpp"
#include "tally/data/dataset_files.hpp"
#include "tally/data/idx_file.hpp"

namespace tally {

/// Labels are single bytes, so no data set has more classes.
inline constexpr int kMaxClasses = 256;

/// The labelled images of one split (training or test), read once from front to back, a chunk of
/// them in memory.
class SplitReader {
 public:
  /// Opens the images and reads their header. Labels must be below `classes`.
  explicit SplitReader(const SplitFiles& files, int classes = kMaxClasses);

  [[nodiscard]] std::int64_t count() const { return images_.count(); }
  [[nodiscard]] std::int64_t rows() const { return images_.rows(); }
  [[nodiscard]] std::int64_t columns() const { return images_.columns(); }
  [[nodiscard]] std::int64_t channels() const { return images_.channels(); }

  struct Image {
    std::int64_t index = 0;  ///< in the file
    std::uint8_t label = 0;
    std::span<const std::uint8_t> pixels;  ///< valid until the next call
  };

  /// The next image, or nothing after the last one: both files are then verified to their last
  /// byte. The first call reads and verifies all labels.
  std::optional<Image> next();

  /// SHA-256 of the uncompressed files, once there are no more images.
  [[nodiscard]] const Digest& images_digest() const { return images_digest_; }
  [[nodiscard]] const Digest& labels_digest() const { return labels_digest_; }

 private:
  void read_labels();
  void read_chunk();

  SplitFiles files_;
  int classes_;
  IdxImageReader images_;
  std::vector<std::uint8_t> labels_;
  std::vector<std::uint8_t> chunk_;
  std::int64_t chunk_begin_ = 0;  // images [chunk_begin_, chunk_end_) are in the chunk
  std::int64_t chunk_end_ = 0;
  std::int64_t next_ = 0;
  bool has_ended_ = false;
  Digest images_digest_{};
  Digest labels_digest_{};
};

}  // namespace tally
