// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tally/core/digest.hpp"
#include "tally/data/dataset.hpp"

namespace tally {

/// Which training images a run holds out for validation.
struct HoldOut {
  std::int64_t used_images = 0;  ///< of the file, from its start
  std::int64_t held_out = 0;     ///< of these
  std::uint64_t seed = 0;
};

/// The images held out, in the order of the file, and what the file was.
struct HeldOutImages {
  Dataset data;
  Digest images_digest{};
  Digest labels_digest{};
};
HeldOutImages read_held_out(const SplitFiles& training_files, int classes, const HoldOut& choice);

}  // namespace tally
