// SPDX-License-Identifier: MIT
#include "tally/data/held_out_images.hpp"

#include "tally/data/hold_out.hpp"
#include "tally/data/split_reader.hpp"

namespace tally {

HeldOutImages read_held_out(const SplitFiles& training_files, int classes, const HoldOut& choice) {
  const std::vector<bool> is_held_out = hold_out(choice.used_images, choice.held_out, choice.seed);
  SplitReader reader(training_files, classes);
  HeldOutImages images{{reader.rows(), reader.columns(), {}, {}, reader.channels()}};
  while (const auto image = reader.next()) {
    if (image->index >= choice.used_images) continue;
    if (!is_held_out[image->index]) continue;
    images.data.pixels.insert(images.data.pixels.end(), image->pixels.begin(), image->pixels.end());
    images.data.labels.push_back(image->label);
  }
  images.images_digest = reader.images_digest();
  images.labels_digest = reader.labels_digest();
  return images;
}

}  // namespace tally
