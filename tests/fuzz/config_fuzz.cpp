// SPDX-License-Identifier: MIT
#include <cstdint>

#include "fuzzing.hpp"
#include "tally/io/config_file.hpp"
#include "tally/state/config_text.hpp"

// A configuration in TOML, and the runs of a sweep. An input is the file.
namespace tally {
namespace {

void read_runs(const std::string& text) {
  std::vector<Overrides> runs;
  if (!accepts(ExitCode::kUsage, kHostile, [&] { runs = runs_in_toml(text, kHostile); })) return;
  check(!runs.empty(), "a run");
}

void read_config(const std::string& text) {
  RunConfig config;
  const bool is_read =
      accepts(ExitCode::kUsage, kHostile, [&] { config = config_from_toml(text, kHostile); });
  if (!is_read) return;
  const std::string written = to_toml(config);
  check(to_toml(config_from_toml(written, kHostile)) == written, "to read what was written",
        written);
  if (!accepts(ExitCode::kUsage, "--", [&] { resolve(config); })) return;
  check(config.batch_size % config.micro_batch.value == 0, "micro-batches that divide the batch");
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::Input input(data, size);
  const std::string text = input.text(input.rest().size());
  tally::read_config(text);
  tally::read_runs(text);
  return 0;
}
