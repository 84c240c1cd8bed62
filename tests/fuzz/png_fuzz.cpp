// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "drawing.hpp"
#include "png_parts.hpp"

// PNG files to prepared digits. An input is the file. Mutations of its bytes hardly ever leave the
// checksums right, so most are made of the chunks and of the rows of pixels.

// Of libFuzzer's interface, which has no header.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace tally {
namespace {

std::string mutated(std::string text, std::size_t most_growth) {
  const std::size_t size = text.size();
  text.resize(size + most_growth);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
  return text;
}

// One mutation behind the checksums; the file itself where it has no such part.
std::string mutated_png(const std::string& file, unsigned seed) {
  constexpr std::size_t kMostRowBytes = 200'000;
  std::vector<PngChunk> chunks = png_chunks(file);
  if (chunks.empty()) return mutated(file, 64);
  PngChunk& chosen = chunks[seed / 8 % chunks.size()];
  const auto rows = png_rows(chunks, kMostRowBytes);
  if (seed % 8 < 4 && rows) {
    replace_png_rows(chunks, mutated(*rows, 64));
  } else if (seed % 8 < 6) {
    chosen.data = mutated(chosen.data, 16);
  } else {
    chosen.type = mutated(chosen.type, 0);
    chosen.type.resize(4, 'a');
  }
  return png_of(chunks);
}

}  // namespace
}  // namespace tally

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % 8 == 7) return LLVMFuzzerMutate(data, size, max_size);
  const std::string before(reinterpret_cast<const char*>(data), size);
  const std::string after = tally::mutated_png(before, seed / 8);
  if (after.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, after.data(), after.size());
  return after.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::prepare_drawing(tally::Input(data, size).rest());
  return 0;
}
