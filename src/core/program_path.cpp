// SPDX-License-Identifier: MIT
#include "tally/core/program_path.hpp"

#include <system_error>

namespace tally {

std::filesystem::path program_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

}  // namespace tally
