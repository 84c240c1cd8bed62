// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tally::serve {

/// Whether it is an address of IPv4 or IPv6, not a name.
bool is_numeric(const std::string& host);

/// Whether it is an address that can be reached from this machine only.
bool is_loopback(const std::string& address);

/// The host of "host", "host:port" or "[IPv6]:port"; nothing if it is none of these.
std::optional<std::string> host_of_authority(std::string_view authority);

}  // namespace tally::serve
