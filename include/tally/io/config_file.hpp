// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tally/state/overrides.hpp"

// Configurations as TOML (toml.io): one `name = value` line per field, under the names of the
// command line. config.toml, --config, checkpoints and the broadcast to other ranks all use it.
namespace tally {

/// The text of a configuration file. Throws an Error (ExitCode::kUsage) if it cannot be read, or is
/// larger than any configuration.
std::string read_toml_file(const std::filesystem::path& path);

/// All fields in the order of the table of fields.
std::string to_toml(const RunConfig& config);

/// The fields that `text` gives, sorted by name. `name` is the file, for messages. Throws an Error
/// with the line for text that is no TOML, and for values that are tables or lists.
Overrides overrides_in_toml(std::string_view text, const std::string& name);

/// The runs of a sweep: what each table [[run]] gives, behind what stands before all of them, and
/// is given to each. Throws an Error as overrides_in_toml, and if there is no such table.
std::vector<Overrides> runs_in_toml(std::string_view text, const std::string& name);

/// The inverse of to_toml. A field that a text of an earlier version lacks gets the value by which
/// that version computed.
RunConfig config_from_toml(std::string_view text, const std::string& name);

}  // namespace tally
