// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

// What a file is by its first bytes, whatever its name says. Downloads go wrong in a few well-known
// ways, and each deserves a message of its own.
namespace tally {

bool has_gzip_name(std::string_view name);
bool is_gzip(std::span<const std::byte> start);
bool is_idx(std::span<const std::byte> start);

/// Throws an Error if the file is empty, or a web page saved in place of the data.
void refuse_failed_download(const std::string& name, std::span<const std::byte> start);

}  // namespace tally
