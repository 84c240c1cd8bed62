// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace tally {

/// The file of this program, without symbolic links; empty if the system does not tell. Under a
/// loader or an emulator it is another program's.
std::filesystem::path program_path();

}  // namespace tally
