// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tally/core/digest.hpp"
#include "tally/data/dataset_files.hpp"
#include "tally/data/idx_file.hpp"

// The labelled images of one split (training or test), read once from front to back.
namespace tally {

/// Labels are single bytes, so no data set has more classes.
inline constexpr int kMaxClasses = 256;

class SplitReader {
 public:
  /// Opens the images and reads their header.
  explicit SplitReader(const SplitFiles& files);

  [[nodiscard]] std::int64_t count() const { return images_.count(); }
  [[nodiscard]] std::int64_t rows() const { return images_.rows(); }
  [[nodiscard]] std::int64_t columns() const { return images_.columns(); }
  [[nodiscard]] std::int64_t channels() const { return images_.channels(); }

  /// Calls visit(index, label, pixels) for every image in order and verifies both files to their
  /// last byte. Labels must be below `classes`. May be called once.
  using Visit = std::function<void(std::int64_t index, std::uint8_t label,
                                   std::span<const std::uint8_t> pixels)>;
  void read_all(int classes, const Visit& visit);

  /// SHA-256 of the uncompressed files, after read_all.
  [[nodiscard]] const Digest& images_digest() const { return images_digest_; }
  [[nodiscard]] const Digest& labels_digest() const { return labels_digest_; }

 private:
  SplitFiles files_;
  IdxImageReader images_;
  Digest images_digest_{};
  Digest labels_digest_{};
};

/// A whole split in memory.
struct Dataset {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<std::uint8_t> pixels;  ///< [samples x rows x columns x channels]
  std::vector<std::uint8_t> labels;  ///< [samples]
  std::int64_t channels = 1;
};
Dataset read_split(const SplitFiles& files, int classes);

}  // namespace tally
