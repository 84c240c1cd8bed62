// SPDX-License-Identifier: MIT
#include "png_parts.hpp"

#include <algorithm>
#include <iterator>

#include <zlib.h>

namespace tally {
namespace {

const std::string kSignature = "\x89PNG\r\n\x1A\n";
constexpr std::size_t kNumberBytes = 4;

Bytef* bytes_of(std::string& text) {
  return reinterpret_cast<Bytef*>(text.data());
}

const Bytef* bytes_of(const std::string& text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

std::string big_endian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

std::size_t number_at(const std::string& file, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    value = value << 8 | static_cast<unsigned char>(file[at + i]);
  }
  return value;
}

}  // namespace

std::vector<PngChunk> png_chunks(const std::string& file) {
  std::vector<PngChunk> chunks;
  std::size_t at = kSignature.size();
  while (at + 3 * kNumberBytes <= file.size()) {
    const std::size_t size = number_at(file, at);
    if (size > file.size() - at - 3 * kNumberBytes) break;
    chunks.push_back(
        {file.substr(at + kNumberBytes, kNumberBytes), file.substr(at + 2 * kNumberBytes, size)});
    at += size + 3 * kNumberBytes;
  }
  return chunks;
}

std::string png_of(const std::vector<PngChunk>& chunks) {
  std::string file = kSignature;
  for (const auto& [type, data] : chunks) {
    const std::string content = type + data;
    const auto checksum = crc32(0, bytes_of(content), static_cast<uInt>(content.size()));
    file += big_endian(data.size()) + content + big_endian(checksum);
  }
  return file;
}

std::optional<std::string> png_rows(const std::vector<PngChunk>& chunks, std::size_t most_bytes) {
  std::string packed;
  for (const PngChunk& chunk : chunks) {
    if (chunk.type == "IDAT") packed += chunk.data;
  }
  std::string rows(most_bytes, '\0');
  uLongf size = rows.size();
  if (uncompress(bytes_of(rows), &size, bytes_of(packed), packed.size()) != Z_OK) return {};
  rows.resize(size);
  return rows;
}

void replace_png_rows(std::vector<PngChunk>& chunks, const std::string& rows) {
  const auto is_data = [](const PngChunk& chunk) { return chunk.type == "IDAT"; };
  const auto first = std::ranges::find_if(chunks, is_data);
  if (first == chunks.end()) return;
  uLongf size = compressBound(rows.size());
  first->data.resize(size);
  compress2(bytes_of(first->data), &size, bytes_of(rows), rows.size(), Z_BEST_SPEED);
  first->data.resize(size);
  chunks.erase(std::remove_if(std::next(first), chunks.end(), is_data), chunks.end());
}

}  // namespace tally
