// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace tally {

/// Whether it is an address of IPv4 or IPv6, not a name.
bool is_numeric(const std::string& host);

/// Whether an address can be reached from this machine only.
bool is_loopback(const std::string& address);

}  // namespace tally
