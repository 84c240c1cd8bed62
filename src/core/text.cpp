// SPDX-License-Identifier: MIT
#include "tally/core/text.hpp"

#include <fmt/core.h>

namespace tally {

std::string grouped(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::int64_t sign = count < 0 ? 1 : 0;
  for (auto at = static_cast<std::int64_t>(text.size()) - 3; at > sign; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ' ');
  }
  return text;
}

std::string counted(std::int64_t count, const std::string& noun) {
  return grouped(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string printable(std::string_view text) {
  constexpr std::size_t kMostBytes = 1000;
  std::string result;
  for (const char character : text.substr(0, kMostBytes)) {
    const auto code = static_cast<unsigned char>(character);
    const bool is_control = code < 0x20 || code == 0x7F;
    result += is_control ? fmt::format("\\x{:02X}", unsigned{code}) : std::string(1, character);
  }
  return text.size() > kMostBytes ? result + "..." : result;
}

std::string hex_text(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{:02X}", std::to_integer<unsigned>(byte));
  }
  return text;
}

}  // namespace tally
