// SPDX-License-Identifier: MIT
#include <cstdint>

#include "fuzzing.hpp"
#include "tally/core/csv.hpp"
#include "tally/io/run_status.hpp"

// What tally-status and tally-sweep read: a table of comma-separated values, or a run.status. The
// first byte of an input says which, the rest is the file.
namespace tally {
namespace {

void read_table(const std::string& text) {
  std::vector<CsvRow> rows;
  if (!accepts(ExitCode::kUsage, kHostile, [&] { rows = csv_rows(text, kHostile); })) return;
  std::string written;
  for (const CsvRow& row : rows) written += csv_line(row);
  check(csv_rows(written, kHostile) == rows, "to read what was written", written);
}

void read_status(const std::string& text) {
  const ProcessorTimeLimit limit;
  const std::optional<RunStatus> status = run_status_in(text);
  if (!status) return;
  check(status->step >= 0, "no negative step");
  const std::string written = to_text(*status);
  const std::optional<RunStatus> again = run_status_in(written);
  check(again.has_value() && to_text(*again) == written, "to read what was written", written);
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::Input input(data, size);
  const bool is_table = input.below(2) == 0;
  const std::string text = input.text(input.rest().size());
  is_table ? tally::read_table(text) : tally::read_status(text);
  return 0;
}
