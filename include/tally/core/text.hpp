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

/// "1F 8B 08": bytes as people compare them.
std::string hex_text(std::span<const std::byte> bytes);

/// What somebody wrote, for a message: control characters, which may end the message or steer the
/// terminal, as "\\x1B", and no more than the first 1000 bytes.
std::string printable(std::string_view text);

/// Whether all of `text` is a number of that type; `number` then is it, else unspecified.
template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && rest == end;
}

}  // namespace tally
