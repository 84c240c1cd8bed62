// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "common/tool.hpp"
#include "tally/core/thread_count.hpp"

// The option --threads of the tools without MPI.
namespace tally {

/// Without the option `threads` stays 0.
inline void add_threads_option(CLI::App& app, int& threads, const std::string& help) {
  app.add_option("--threads", threads, help)
      ->check(number_between(1, 4096))
      ->type_name("T")
      ->default_str("OMP_NUM_THREADS, else as many as cores");
}

/// Throws an Error if there was no option, and OMP_NUM_THREADS cannot be understood.
inline int threads_of(int option) {
  return option == 0 ? default_threads() : option;
}

}  // namespace tally
