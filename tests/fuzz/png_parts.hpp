// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// A PNG file taken apart and put together again with right lengths, checksums and compression, so
// that mutations reach what lies behind them.
namespace tally {

struct PngChunk {
  std::string type;  ///< four bytes
  std::string data;
};

/// As many whole chunks as `file` has behind its signature, whatever their checksums say.
std::vector<PngChunk> png_chunks(const std::string& file);

std::string png_of(const std::vector<PngChunk>& chunks);

/// The rows, each behind its filter byte, that the IDAT chunks hold; nothing if they are damaged or
/// of more than `most_bytes`.
std::optional<std::string> png_rows(const std::vector<PngChunk>& chunks, std::size_t most_bytes);

/// Puts `rows` into the first IDAT chunk and removes the others.
void replace_png_rows(std::vector<PngChunk>& chunks, const std::string& rows);

}  // namespace tally
