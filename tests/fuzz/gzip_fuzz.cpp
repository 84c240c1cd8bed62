// SPDX-License-Identifier: MIT
#include <cstdint>
#include <optional>
#include <vector>

#include "fuzzing.hpp"
#include "support/memory_source.hpp"
#include "tally/data/idx_file.hpp"

// gzip streams, and labels packed in them. An input is: packed bytes per chunk less two; unpacked
// bytes per chunk less one; the file.
namespace tally {
namespace {

const std::string kPacked = kHostile + ".gz";

struct Chunks {
  std::size_t packed = 4096;
  std::size_t unpacked = 4096;
};

std::optional<std::vector<std::byte>> unpack(std::span<const std::byte> file, Chunks chunks) {
  std::vector<std::byte> all;
  const bool is_whole = accepts(ExitCode::kUsage, kPacked, [&] {
    const auto source = gzip_source(memory_source(kPacked, file), chunks.packed);
    std::vector<std::byte> chunk(chunks.unpacked);
    for (std::size_t count = chunk.size(); count == chunk.size();) {
      count = source->read(chunk);
      all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count));
      check(std::ssize(all) <= source->largest_size(), "no more than can come of its size");
    }
    check(source->read(chunk) == 0, "nothing behind the end");
  });
  if (!is_whole) return std::nullopt;
  return all;
}

void read_gzip(Input input) {
  const std::size_t packed = input.byte() + 2;
  const std::size_t unpacked = input.byte() + 1;
  const std::span<const std::byte> file = input.rest();
  const auto all = unpack(file, {});
  check(unpack(file, {packed, unpacked}) == all, "the same bytes by other chunks");

  constexpr int kClasses = 10;
  accepts(ExitCode::kUsage, kPacked, [&] {
    const auto read = read_idx_labels(gzip_source(memory_source(kPacked, file), packed), kClasses);
    check(all && all->size() == read.labels.size() + 8, "labels of a whole file only");
  });
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::read_gzip({data, size});
  return 0;
}
