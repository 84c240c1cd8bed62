// SPDX-License-Identifier: MIT
#include "tally/core/thread_count.hpp"

#include <cstdlib>
#include <string_view>

#include <omp.h>

#include "tally/core/error.hpp"
#include "tally/core/processors.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr int kMostThreads = 4096;

// The first of a list, in which every number must be one of threads; 0 otherwise.
int first_of_list(std::string_view list) {
  int first = 0;
  for (bool has_more = true; has_more;) {
    const std::size_t comma = list.find(',');
    int number = 0;
    if (!parse_number(trimmed(list.substr(0, comma)), number)) return 0;
    if (number < 1 || number > kMostThreads) return 0;
    if (first == 0) first = number;
    has_more = comma != std::string_view::npos;
    if (has_more) list.remove_prefix(comma + 1);
  }
  return first;
}

}  // namespace

int thread_limit() {
  return omp_get_thread_limit();
}

std::optional<int> environment_threads() {
  const char* variable = std::getenv("OMP_NUM_THREADS");
  if (variable == nullptr || trimmed(variable).empty()) return std::nullopt;
  const int threads = first_of_list(variable);
  require(threads != 0, ExitCode::kUsage,
          "OMP_NUM_THREADS: expected a number of threads from 1 to {}, or a list such as 4,2, got "
          "\"{}\"; correct it, unset it, or give --threads",
          kMostThreads, printable(variable));
  return threads;
}

int default_threads() {
  const std::optional<int> threads = environment_threads();
  return threads ? *threads : usable_processors();
}

}  // namespace tally
