// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "fuzzing.hpp"

namespace tally {

/// A valid HDF5 file, user block of zeros included, that differs from the checkpoint `file` in what
/// `input` says: objects that are missing, linked in other ways, of other types, shapes, layouts or
/// values.
std::vector<std::byte> edited_checkpoint(std::vector<std::byte> file, Input input);

}  // namespace tally
