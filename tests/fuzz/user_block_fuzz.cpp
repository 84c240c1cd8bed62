// SPDX-License-Identifier: MIT
#include <cstdint>
#include <vector>

#include "fuzzing.hpp"
#include "io/checkpoint_fixtures.hpp"
#include "tally/core/text.hpp"
#include "tally/io/checkpoint.hpp"

// What is read of a checkpoint before HDF5 sees a byte. An input is a bit to be flipped (two
// bytes), then the file; what is no checkpoint becomes one under a valid user block.
namespace tally {
namespace {

std::int64_t format_of(std::span<const std::byte> file) {
  constexpr std::string_view kBefore = "TALLY CHECKPOINT\nformat ";
  const std::string text = as_text(file.first(512));
  const std::string_view rest = std::string_view(text).substr(kBefore.size());
  std::int64_t format = 0;
  check(parse_number(rest.substr(0, rest.find('\n')), format), "a number of the format", text);
  return format;
}

void check_user_block(Input input) {
  const unsigned bit = input.byte() << 8 | input.byte();
  std::vector<std::byte> file(input.rest().begin(), input.rest().end());
  const ProcessorTimeLimit limit;
  if (damage_of_checkpoint(file).empty()) {
    check(signed_again(file, format_of(file)) == file, "no other user block to be accepted");
  }
  if (file.size() < 512) file.resize(512 + file.size());
  file = signed_again(std::move(file), bit);
  check(damage_of_checkpoint(file).empty(), "a signed file to be accepted",
        damage_of_checkpoint(file));
  file[bit / 8 % file.size()] ^= std::byte(1 << bit % 8);
  check(!damage_of_checkpoint(file).empty(), "a flipped bit to be found");
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::check_user_block({data, size});
  return 0;
}
