// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <system_error>

// Private to layer io: taking names away in a way that a run which has lost its directory cannot.
//
// Between the question whether the directory is still ours and the unlink there is time to be
// stopped, for hours, and to wake up in the directory of another run. So names are moved into a
// directory of this run's own making. The new owner removes that before it looks at anything else,
// and whoever wakes up then has nowhere to move a file to.
namespace tally {

/// Removes `path`, after `check`, which may throw. Returns whether it could.
bool remove_as_owner(const std::filesystem::path& path, const std::function<void()>& check);

/// Gives `path` the name `target`, which is free, after `check`, which may throw.
std::error_code move_as_owner(const std::filesystem::path& path,
                              const std::filesystem::path& target,
                              const std::function<void()>& check);

/// Removes what is left of a holding directory, even while another run fills it.
void remove_holding_directory(const std::filesystem::path& path);

}  // namespace tally
