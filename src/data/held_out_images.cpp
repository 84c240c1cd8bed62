// SPDX-License-Identifier: MIT
#include "tally/data/held_out_images.hpp"

#include "tally/data/hold_out.hpp"

namespace tally {

HeldOutImages read_held_out(const SplitFiles& training_files, int classes, const HoldOut& choice) {
  const std::vector<bool> is_held_out = hold_out(choice.used_images, choice.held_out, choice.seed);
  SplitReader reader(training_files);
  HeldOutImages images{{reader.rows(), reader.columns(), {}, {}, reader.channels()}};
  reader.read_all(
      classes, [&](std::int64_t index, std::uint8_t label, std::span<const std::uint8_t> pixels) {
        if (index >= choice.used_images || !is_held_out[static_cast<std::size_t>(index)]) return;
        images.data.pixels.insert(images.data.pixels.end(), pixels.begin(), pixels.end());
        images.data.labels.push_back(label);
      });
  images.images_digest = reader.images_digest();
  images.labels_digest = reader.labels_digest();
  return images;
}

}  // namespace tally
