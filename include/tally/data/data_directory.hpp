// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace tally {

/// The directory that --data means: `asked` if it is not empty, else the first that exists of
/// data/mnist and data/digits below the current directory, then below the installed data directory.
/// Throws an Error that names all of them if there is none.
std::filesystem::path data_directory(const std::string& asked);

}  // namespace tally
