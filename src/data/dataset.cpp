// SPDX-License-Identifier: MIT
#include "tally/data/dataset.hpp"

#include "tally/data/split_reader.hpp"

namespace tally {

Dataset read_split(const SplitFiles& files, int classes) {
  SplitReader reader(files, classes);
  Dataset data{reader.rows(), reader.columns(), {}, {}, reader.channels()};
  while (const auto image = reader.next()) {
    data.pixels.insert(data.pixels.end(), image->pixels.begin(), image->pixels.end());
    data.labels.push_back(image->label);
  }
  return data;
}

}  // namespace tally
