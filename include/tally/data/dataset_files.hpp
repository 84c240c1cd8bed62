// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "tally/data/idx_header.hpp"

// Where the four files of a data set are. Each is found under the names that the mirrors give it:
// train-images-idx3-ubyte or train-images.idx3-ubyte, plain or with .gz. Plain is preferred. Colour
// images may say idx4, for their four dimensions.
namespace tally {

enum class Split { kTrain, kTest };

/// The two files of a split; image i has label i.
struct SplitFiles {
  std::filesystem::path images;
  std::filesystem::path labels;
};

struct DatasetFiles {
  SplitFiles train;
  SplitFiles test;
};

/// "t10k-labels-idx1-ubyte": the name under which to write a file.
std::string idx_file_name(Split split, IdxContent content);

/// Throws an Error that names what is missing, and where it was looked for.
SplitFiles find_split_files(const std::filesystem::path& directory, Split split);
DatasetFiles find_dataset_files(const std::filesystem::path& directory);

/// Throws an Error unless there is one label for every image.
void require_same_count(const SplitFiles& files, std::int64_t image_count,
                        std::int64_t label_count);

}  // namespace tally
