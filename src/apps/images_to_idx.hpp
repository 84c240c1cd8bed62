// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tally {

struct ImagesToIdxOptions {
  std::string source;  ///< a directory of class folders, or a sheet
  std::string target;
  std::string cell;  ///< "20x20" for a sheet, else empty
  int classes = 10;  ///< of a sheet
  std::optional<std::int64_t> test_per_class;
};

struct ImagesToIdxResult {
  std::int64_t train_images = 0;
  std::int64_t test_images = 0;
  std::vector<std::string> unused;  ///< a line for each image without a digit, saying why
};

/// Brings each drawing to 28 x 28 as tally-predict does and writes the four files of a data set,
/// gzip-compressed. Images of the classes take turns (0, 1, ..., 9, 0, ...), so that the first n of
/// a file are a fair sample. Throws an Error if there is nothing to write.
ImagesToIdxResult images_to_idx(const ImagesToIdxOptions& options);

}  // namespace tally
