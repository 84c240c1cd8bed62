// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

// What this program was built from and for. Checkpoints record it, since the same bits are
// promised for the same instruction set and kernel backend only.
namespace tally {

/// "0.1.0"
std::string_view version();

/// "gcc 12.2.0" or "clang 14.0.6"
std::string compiler();

/// The widest vector instructions the program was compiled to use: "avx512", "avx2", "sse2", ...
std::string_view instruction_set();

/// Throws an Error if this processor lacks the instructions the program was compiled to use.
void require_instruction_set();

}  // namespace tally
