// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace tally {

/// Reads all files of a data set to their last byte and describes them. Throws an Error that names
/// the first thing that is wrong.
std::string verify_data(const std::string& directory);

/// Image `index` of the training or test images, drawn with block characters, and its label.
std::string show_image(const std::string& directory, std::int64_t index, bool is_test);

}  // namespace tally
