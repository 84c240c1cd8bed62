// SPDX-License-Identifier: MIT
#include "pool_windows.hpp"

#include "tally/core/text.hpp"

namespace tally {

std::optional<Index> pool_size(const SpecToken& token, std::string_view prefix) {
  constexpr Index kMaxSize = 65536;
  if (!token.text.starts_with(prefix)) return std::nullopt;
  Index size = 0;
  if (!parse_number(token.text.substr(prefix.size()), size) || size < 1 || size > kMaxSize) {
    token.refuse("needs a whole number of rows and columns, as in " + std::string(prefix) + "2");
  }
  if (size > token.input.height || size > token.input.width) {
    token.refuse("has a window that does not fit");
  }
  return size;
}

}  // namespace tally
