// SPDX-License-Identifier: MIT
#include "serve/address.hpp"

#include <algorithm>
#include <cstdint>

#include <arpa/inet.h>

#include "tally/core/text.hpp"

namespace tally::serve {
namespace {

bool is_of_family(int family, const std::string& host) {
  in6_addr parsed{};
  // The system's function would stop at a zero byte and leave unseen what follows.
  return host.find('\0') == std::string::npos && ::inet_pton(family, host.c_str(), &parsed) == 1;
}

bool is_empty_or_port(std::string_view text) {
  if (text.empty()) return true;
  std::uint16_t port = 0;
  return text.front() == ':' && (text.size() == 1 || parse_number(text.substr(1), port));
}

}  // namespace

bool is_numeric(const std::string& host) {
  return is_of_family(AF_INET, host) || is_of_family(AF_INET6, host);
}

bool is_loopback(const std::string& address) {
  return address == "::1" || (address.starts_with("127.") && is_of_family(AF_INET, address));
}

std::optional<std::string> host_of_authority(std::string_view authority) {
  const bool has_brackets = authority.starts_with('[');
  const std::size_t begin = has_brackets ? 1 : 0;
  const std::size_t end = std::min(authority.find(has_brackets ? ']' : ':'), authority.size());
  if (has_brackets && end == authority.size()) return std::nullopt;
  std::string host(authority.substr(begin, end - begin));
  if (has_brackets && !is_of_family(AF_INET6, host)) return std::nullopt;
  if (!is_empty_or_port(authority.substr(end + begin))) return std::nullopt;
  return host;
}

}  // namespace tally::serve
