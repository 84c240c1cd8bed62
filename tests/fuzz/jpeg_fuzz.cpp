// SPDX-License-Identifier: MIT
#include <cstdint>

#include "drawing.hpp"

// JPEG files to prepared digits. An input is the file; it is read as what it begins with, so that
// other images and web pages are tried here, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::prepare_drawing(tally::Input(data, size).rest());
  return 0;
}
