// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/data/dataset_files.hpp"

namespace tally {

/// A whole split (training or test) in memory.
struct Dataset {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<std::uint8_t> pixels;  ///< [samples x rows x columns x channels]
  std::vector<std::uint8_t> labels;  ///< [samples]
  std::int64_t channels = 1;
};

/// Reads it, and verifies both files. Labels must be below `classes`.
Dataset read_split(const SplitFiles& files, int classes);

}  // namespace tally
