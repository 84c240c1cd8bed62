// SPDX-License-Identifier: MIT
#include <cstdint>
#include <vector>

#include "fuzzing.hpp"
#include "io/checkpoint_fixtures.hpp"
#include "tally/io/checkpoint.hpp"

// HDF5 that is damaged, under a valid user block all the same: what the digest keeps from the
// library. An input is a list of patches of a small checkpoint: an offset (two bytes), a length,
// the bytes. Findings are those of libhdf5, so this target has no corpus and CI does not run it.
namespace tally {
namespace {

constexpr std::size_t kUserBlock = 512;

void load_damaged(Input input) {
  static const std::vector<std::byte> kWhole = encode_checkpoint(small_state());
  std::vector<std::byte> file = kWhole;
  while (!input.rest().empty()) {
    const std::size_t offset = kUserBlock + (input.byte() << 8 | input.byte());
    const auto patch = input.bytes(input.below(16) + 1);
    for (std::size_t i = 0; i < patch.size(); ++i) file[(offset + i) % file.size()] = patch[i];
  }
  file = signed_again(std::move(file));
  accepts(ExitCode::kCheckpoint, kHostile, [&] { decode_verified(file, kHostile); });
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::load_damaged({data, size});
  return 0;
}
