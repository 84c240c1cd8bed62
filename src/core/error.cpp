// SPDX-License-Identifier: MIT
#include "tally/core/error.hpp"

#include <system_error>

namespace tally {

std::string system_error_text(int error_number) {
  return std::generic_category().message(error_number);
}

}  // namespace tally
