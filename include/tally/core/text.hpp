// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace tally {

/// A count for human eyes, its digits in groups of three: "59 998".
std::string grouped(std::int64_t count);

/// "1 sample", "2 samples", "60 000 samples".
std::string counted(std::int64_t count, const std::string& noun);

}  // namespace tally
