// SPDX-License-Identifier: MIT
#include "onednn_instructions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string>

#include <dnnl.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

struct InstructionSet {
  std::string_view name;  // as oneDNN's environment variable has it, in small letters
  dnnl_cpu_isa_t isa;
};

// Each has all that those before it have. "avx512" stands for the many that oneDNN tells apart.
constexpr std::array<InstructionSet, 4> kSets = {{{"sse41", dnnl_cpu_isa_sse41},
                                                  {"avx", dnnl_cpu_isa_avx},
                                                  {"avx2", dnnl_cpu_isa_avx2},
                                                  {"avx512", dnnl_cpu_isa_avx512_core}}};

#if defined(__AVX512F__)
constexpr std::size_t kCompiledFor = 3;
#elif defined(__AVX2__)
constexpr std::size_t kCompiledFor = 2;
#else
constexpr std::size_t kCompiledFor = 0;
#endif

struct Setting {
  const char* variable;
  std::string value;
};

Setting setting() {
  for (const char* variable : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return {variable, value};
  }
  return {"", "ALL"};
}

// The position in kSets of what may be used at most.
std::size_t allowed_set() {
  const auto [variable, value] = setting();
  std::string name = value;
  std::ranges::transform(name, name.begin(),
                         [](unsigned char letter) { return std::tolower(letter); });
  if (name == "all" || name == "default") return kCompiledFor;
  const std::string_view with_extensions(name);
  const std::string_view plain = with_extensions.substr(0, with_extensions.find('_'));
  const auto found = std::ranges::find(kSets, plain, &InstructionSet::name);
  require(found != kSets.end() || plain == "avx10", ExitCode::kUsage,
          "{}: expected SSE41, AVX, AVX2, AVX512_CORE or another name of oneDNN's, got \"{}\"",
          variable, printable(value));
  return std::min<std::size_t>(kCompiledFor, static_cast<std::size_t>(found - kSets.begin()));
}

}  // namespace

std::string_view named_onednn_limit() {
  const std::size_t allowed = allowed_set();
  return allowed < kCompiledFor ? kSets[allowed].name : std::string_view();
}

void limit_onednn_instructions() {
  // Refused once products were made; it is the same each time.
  static_cast<void>(dnnl_set_max_cpu_isa(kSets[allowed_set()].isa));
}

}  // namespace tally
