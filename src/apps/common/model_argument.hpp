// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tally/core/standard_streams.hpp"
#include "tally/io/checkpoint_store.hpp"

namespace tally {

/// load_model(), with a warning on standard error for each damaged checkpoint that was passed over.
inline LoadedCheckpoint load_with_warnings(const std::string& tool, const std::string& model) {
  LoadedCheckpoint loaded = load_model(model);
  for (const std::string& warning : loaded.warnings) print_warning(tool, warning);
  return loaded;
}

}  // namespace tally
