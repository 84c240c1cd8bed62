// SPDX-License-Identifier: MIT
#include "page_address.hpp"

#include <arpa/inet.h>

namespace tally {

bool is_numeric(const std::string& host) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

bool is_loopback(const std::string& address) {
  return address == "::1" || (address.starts_with("127.") && is_numeric(address));
}

}  // namespace tally
