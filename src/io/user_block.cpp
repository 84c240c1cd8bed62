// SPDX-License-Identifier: MIT
#include "user_block.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr std::string_view kMagic = "TALLY CHECKPOINT\n";

std::string signed_lines(std::int64_t format, std::size_t payload_bytes) {
  return fmt::format("{}format {}\nbytes {}\n", kMagic, format, payload_bytes);
}

std::string digest_line(Sha256& hash) {
  return fmt::format("sha256 {}\n", to_hex(hash.finish()));
}

// Takes "<name> <number>\n" off the front of `text`.
bool take_number(std::string_view& text, std::string_view name, std::int64_t& value) {
  if (!text.starts_with(name)) return false;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + name.size(), end, value);
  if (error != std::errc{} || rest == end || *rest != '\n' || value < 0) return false;
  text.remove_prefix(rest + 1 - text.data());
  return true;
}

std::string size_reason(std::size_t expected, std::size_t got) {
  return fmt::format("{} (expected {} bytes, got {})", got < expected ? "truncated" : "too long",
                     grouped(expected), grouped(got));
}

std::string_view block_of(std::span<const std::byte> file) {
  return text_view(file).substr(0, kUserBlockBytes);
}

}  // namespace

void sign_checkpoint(std::span<std::byte> file, std::int64_t format) {
  const std::span<const std::byte> payload = file.subspan(kUserBlockBytes);
  std::string block = signed_lines(format, payload.size());
  Sha256 hash;
  hash.add(std::as_bytes(std::span(block)));
  hash.add(payload);
  block += digest_line(hash);
  std::ranges::copy(std::as_bytes(std::span(block)), file.begin());
}

UserBlock read_user_block(std::span<const std::byte> head, std::size_t file_bytes) {
  if (file_bytes == 0) return {"empty"};
  const std::string_view block = block_of(head);
  if (!block.starts_with(kMagic.substr(0, block.size()))) return {"not a Tally checkpoint"};
  if (file_bytes < kUserBlockBytes) {
    return {
        fmt::format("truncated (expected at least {} bytes, got {})", kUserBlockBytes, file_bytes)};
  }
  std::string_view rest = block.substr(kMagic.size());
  std::int64_t format = 0, bytes = 0;
  if (!take_number(rest, "format ", format) || !take_number(rest, "bytes ", bytes)) {
    return {"its first lines are damaged"};
  }
  if (static_cast<std::size_t>(bytes) != file_bytes - kUserBlockBytes) {
    return {size_reason(kUserBlockBytes + static_cast<std::size_t>(bytes), file_bytes)};
  }
  return {"", format};
}

PayloadDigest::PayloadDigest(std::int64_t format, std::size_t file_bytes)
    : lines_(signed_lines(format, file_bytes - kUserBlockBytes)) {
  hash_.add(std::as_bytes(std::span(lines_)));
}

std::string PayloadDigest::damage(std::span<const std::byte> head) {
  std::string expected = lines_ + digest_line(hash_);
  expected.resize(kUserBlockBytes, '\0');
  return block_of(head) == expected ? "" : "its SHA-256 digest does not match its contents";
}

}  // namespace tally
