// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/digit_collection.hpp"

namespace tally {

struct ImagesToIdxOptions {
  std::string source;  ///< a directory of class folders, or a sheet
  std::string target;
  SheetLayout sheet;  ///< with neither cell nor grid, the source is no sheet
  std::optional<std::int64_t> test_per_class;
};

struct ImagesToIdxResult {
  std::int64_t train_images = 0;
  std::int64_t test_images = 0;
  std::vector<std::string> unused;  ///< a line for each image without a digit, saying why
};

/// Brings each drawing to 28 x 28 as tally-predict does and writes the four files of a data set,
/// gzip-compressed. Images of the classes take turns (0, 1, ..., 9, 0, ...), so that the first n of
/// a file are a fair sample. The files appear together, in place of an older data set in the target
/// directory, or not at all. Throws an Error if there is nothing to write.
ImagesToIdxResult images_to_idx(const ImagesToIdxOptions& options);

}  // namespace tally
