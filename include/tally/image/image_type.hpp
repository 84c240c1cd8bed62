// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

// What a file holds, told by its first bytes and never by its name.
namespace tally {

enum class ImageType { kPng, kJpeg };

/// Throws an Error that says what the file is instead (a GIF, a web page, ...) if it is neither.
ImageType image_type(std::span<const std::byte> file, const std::string& name);

}  // namespace tally
