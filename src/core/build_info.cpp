// SPDX-License-Identifier: MIT
#include "tally/core/build_info.hpp"

#include <fmt/core.h>

#include "tally/core/error.hpp"

namespace tally {

std::string_view version() {
  return TALLY_VERSION;
}

std::string compiler() {
#ifdef __clang__
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

std::string_view instruction_set() {
#if defined(__AVX512F__)
  return "avx512";
#elif defined(__AVX2__)
  return "avx2";
#elif defined(__AVX__)
  return "avx";
#elif defined(__SSE2__)
  return "sse2";
#elif defined(__ARM_NEON)
  return "neon";
#else
  return "scalar";
#endif
}

void require_instruction_set() {
#if defined(__AVX512F__)
  const bool is_present = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
#elif defined(__AVX2__)
  const bool is_present = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  const bool is_present = true;
#endif
  require(is_present, ExitCode::kFailure,
          "this processor lacks the {} instructions that tally was built for; build it on this "
          "machine, or with -DTALLY_ARCH=x86-64 for any",
          instruction_set());
}

}  // namespace tally
