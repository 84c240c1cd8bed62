// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tally {

/// A sample that a step was made of.
struct UsedSample {
  std::int64_t shard = 0;
  std::int64_t id = 0;
};

}  // namespace tally
