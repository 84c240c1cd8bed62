// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tally {

/// A count for human eyes, its digits in groups of three: "59 998".
std::string grouped(std::int64_t count);

/// "1 sample", "2 samples", "60 000 samples".
std::string counted(std::int64_t count, const std::string& noun);

/// The size of images: "28 x 28" of grey ones, "28 x 28 x 3" with channels.
std::string size_text(std::int64_t rows, std::int64_t columns, std::int64_t channels);

/// The bytes of a file as text, which lives as long as they do.
std::string_view text_view(std::span<const std::byte> bytes);

/// "1F 8B 08": bytes as people compare them.
std::string hex_text(std::span<const std::byte> bytes);

/// The bytes of the UTF-8 character that `text` begins with (RFC 3629), 0 if it begins with none.
std::size_t utf8_bytes(std::string_view text);

/// What somebody wrote, for a message, with no more than about the first 1000 bytes. What may end
/// the message, steer the terminal or show text in another order is written as bytes, "\\x1B":
/// controls (C0 and C1), line separators, controls of writing direction, and what is no UTF-8.
std::string printable(std::string_view text);

/// The same of a whole message, which is of one line.
std::string printable_line(std::string_view text);

/// The same of several lines.
std::string printable_lines(std::string_view text);

/// The same characters as JSON and TOML write them in strings, "\\u001b". What is no UTF-8 stays.
std::string unicode_escaped(std::string_view text);

/// Without the spaces, tabs and ends of lines around it.
std::string_view trimmed(std::string_view text);

/// Whether all of `text` is a number of that type; `number` then is it, else unspecified.
template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && rest == end;
}

}  // namespace tally
