// SPDX-License-Identifier: MIT
#include <cstdint>

#include "fuzzing.hpp"
#include "tally/io/config_file.hpp"
#include "tally/state/config_text.hpp"

// A configuration in TOML. An input is the file.
namespace tally {
namespace {

void read_config(Input input) {
  const std::string text = input.text(input.rest().size());
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
  tally::read_config({data, size});
  return 0;
}
