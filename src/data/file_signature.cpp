// SPDX-License-Identifier: MIT
#include "tally/data/file_signature.hpp"

#include <algorithm>

#include "tally/core/error.hpp"

namespace tally {
namespace {

bool starts_with(std::span<const std::byte> bytes, std::string_view text) {
  const auto expected = std::as_bytes(std::span(text));
  return bytes.size() >= expected.size() && std::ranges::equal(bytes.first(text.size()), expected);
}

// HTML, or the XML in which object stores report that access is denied.
bool is_web_page(std::span<const std::byte> start) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (starts_with(start, kByteOrderMark)) start = start.subspan(kByteOrderMark.size());
  const auto first = std::ranges::find_if_not(start, [](std::byte byte) {
    return std::string_view(" \t\r\n").find(std::to_integer<char>(byte)) != std::string_view::npos;
  });
  return first != start.end() && std::to_integer<char>(*first) == '<';
}

}  // namespace

bool has_gzip_name(std::string_view name) {
  return name.ends_with(".gz");
}

bool is_gzip(std::span<const std::byte> start) {
  return starts_with(start, "\x1F\x8B");
}

bool is_idx(std::span<const std::byte> start) {
  return starts_with(start, std::string_view("\0\0\x08", 3));
}

void refuse_failed_download(const std::string& name, std::span<const std::byte> start) {
  require(!start.empty(), ExitCode::kUsage, "{}: is empty; download it again", name);
  require(!is_web_page(start), ExitCode::kUsage,
          "{}: is a web page (HTML or XML), not data: its download failed; download it again, from "
          "another mirror",
          name);
}

}  // namespace tally
