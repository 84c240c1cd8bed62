// SPDX-License-Identifier: MIT
#include <cstdint>

#include "fuzzing.hpp"
#include "tally/nn/network.hpp"

// The description of a network. An input is: height, width and channels of an image, less one each,
// in two bytes; the text.
namespace tally {
namespace {

void check_chain(const Network& network, Shape shape) {
  for (const LayerSpec& layer : network.specs()) {
    check(layer.input == shape, "each layer to take what the one before it gives");
    shape = layer.output;
  }
  const Index inputs = shape.size();
  check(network.specs().size() <= kMaxLayers, "no more layers than allowed");
  check(inputs >= 2 && inputs <= 256, "as many outputs as there can be classes");
  check(network.layout().count() <= std::size_t{1} << 31, "no more parameters than allowed");
  check(network.layout().size() >= network.layout().count(), "room for the parameters");
}

void read_spec(Input input) {
  const Index first = input.byte();
  const auto width = static_cast<Index>(input.below(64)) + 1;
  const Shape shape = {(first & 63) + 1, width, (first >> 6) + 1};
  const std::string spec = input.text(input.rest().size());
  accepts(ExitCode::kUsage, "network \"", [&] { check_chain(Network(spec, shape), shape); });
}

}  // namespace
}  // namespace tally

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::read_spec({data, size});
  return 0;
}
