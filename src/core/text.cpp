// SPDX-License-Identifier: MIT
#include "tally/core/text.hpp"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

namespace tally {
namespace {

/// Of one character of UTF-8, or nothing.
std::optional<char32_t> code_of(std::string_view character) {
  if (utf8_bytes(character) != character.size()) return std::nullopt;
  const auto first = static_cast<unsigned char>(character[0]);
  if (first < 0x80) return first;
  auto code = static_cast<char32_t>(first & (0xFFU >> (character.size() + 1)));
  for (const char next : character.substr(1))
    code = code << 6U | (static_cast<unsigned char>(next) & 0x3FU);
  return code;
}

/// Controls (C0, DEL, C1), which terminals obey; line separators; and the controls of Unicode's
/// bidirectional algorithm (UAX #9), by which "txt.exe" shows as "exe.txt".
bool is_steering(char32_t code) {
  const auto is_between = [code](char32_t first, char32_t last) {
    return code >= first && code <= last;
  };
  return code < 0x20 || is_between(0x7F, 0x9F) || code == 0x061C || is_between(0x200E, 0x200F) ||
         is_between(0x2028, 0x202E) || is_between(0x2066, 0x2069);
}

/// `text` up to `most_bytes` with all but harmless characters, and those in `kept`, as `escape`
/// writes them.
template <typename Escape>
std::string escaped(std::string_view text, std::size_t most_bytes, std::string_view kept,
                    Escape&& escape) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = std::max<std::size_t>(1, utf8_bytes(text.substr(at)));
    const std::string_view character = text.substr(at, size);
    if (size > most_bytes || at > most_bytes - size) return result + "...";
    const std::optional<char32_t> code = code_of(character);
    const bool is_harmless = code && !is_steering(*code);
    result += is_harmless || kept == character ? std::string(character) : escape(character);
    at += size;
  }
  return result;
}

std::string as_bytes(std::string_view character) {
  std::string result;
  for (const char byte : character) {
    result += fmt::format("\\x{:02X}", unsigned{static_cast<unsigned char>(byte)});
  }
  return result;
}

}  // namespace

std::string grouped(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::int64_t sign = count < 0 ? 1 : 0;
  for (auto at = std::ssize(text) - 3; at > sign; at -= 3) {
    text.insert(at, 1, ' ');
  }
  return text;
}

std::string counted(std::int64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string size_text(std::int64_t rows, std::int64_t columns, std::int64_t channels) {
  return fmt::format("{} x {}{}", rows, columns,
                     channels == 1 ? "" : fmt::format(" x {}", channels));
}

std::size_t utf8_bytes(std::string_view text) {
  const auto byte = [text](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  if (text.empty()) return 0;
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  // Shorter forms exist for some, others are surrogates or lie beyond the last character.
  const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned greatest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < least || byte(1) > greatest) return 0;
  for (std::size_t at = 2; at < size; ++at) {
    if (byte(at) < 0x80 || byte(at) > 0xBF) return 0;
  }
  return size;
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMostBytes = 1000;
  return escaped(text, kMostBytes, "", as_bytes);
}

std::string printable_line(std::string_view text) {
  return escaped(text, std::string_view::npos, "", as_bytes);
}

std::string printable_lines(std::string_view text) {
  return escaped(text, std::string_view::npos, "\n", as_bytes);
}

std::string unicode_escaped(std::string_view text) {
  return escaped(text, std::string_view::npos, "", [](std::string_view character) {
    const std::optional<char32_t> code = code_of(character);
    return code ? fmt::format("\\u{:04x}", static_cast<std::uint32_t>(*code))
                : std::string(character);
  });
}

std::string_view text_view(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string hex_text(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{:02X}", std::to_integer<unsigned>(byte));
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

}  // namespace tally
