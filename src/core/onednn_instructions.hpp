// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace tally {

/// The instruction set that oneDNN may use, if DNNL_MAX_CPU_ISA (or ONEDNN_MAX_CPU_ISA) names a
/// smaller one than Tally was compiled for: "sse41", "avx" or "avx2". Empty otherwise. Throws an Error
/// for a name that oneDNN does not know.
std::string_view named_onednn_limit();

/// Makes oneDNN use the instructions that Tally was compiled for, so that one build computes the same
/// bits on any processor that can run it; or fewer, if the environment names them. Call it before
/// oneDNN makes its first product.
void limit_onednn_instructions();

}  // namespace tally
