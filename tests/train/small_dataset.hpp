// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "tally/data/dataset_files.hpp"
#include "tally/data/idx_file.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/train/rank_data.hpp"

// A data set of noise in a directory that rank 0 makes and removes.
namespace tally {

class SmallDataset {
 public:
  static constexpr std::int64_t kTrain = 211;
  static constexpr std::int64_t kTest = 300;
  static constexpr std::int64_t kRows = 3;
  static constexpr std::int64_t kColumns = 5;
  static constexpr std::int64_t kPixels = kRows * kColumns;
  static constexpr int kClasses = 4;

  /// Collective: every rank must call.
  explicit SmallDataset(const Communicator& communicator) : communicator_(communicator) {
    communicator.on_root([&] {
      std::string pattern = (std::filesystem::temp_directory_path() / "tally-test-XXXXXX").string();
      require(mkdtemp(pattern.data()) != nullptr, ExitCode::kFailure, "mkdtemp");
      directory_ = pattern;
      write("train", kTrain, 0);
      write("t10k", kTest, 100);
      files_ = find_dataset_files(directory_);
    });
  }
  ~SmallDataset() {
    if (!communicator_.is_root()) return;
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  SmallDataset(const SmallDataset&) = delete;
  SmallDataset& operator=(const SmallDataset&) = delete;

  [[nodiscard]] const DatasetFiles& files() const { return files_; }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  static std::uint8_t pixel(std::int64_t image, std::int64_t position, int salt) {
    return static_cast<std::uint8_t>(image * 37 + position * position * 11 + salt * 5);
  }
  static std::uint8_t label(std::int64_t image) {
    return static_cast<std::uint8_t>(image * 7 % kClasses);
  }
  static std::vector<std::uint8_t> pixels(std::int64_t image, int salt) {
    std::vector<std::uint8_t> result;
    for (std::int64_t i = 0; i < kPixels; ++i) result.push_back(pixel(image, i, salt));
    return result;
  }

  static DataFingerprint shape() { return {kTrain, kTest, kRows, kColumns, {}}; }

 private:
  void write(const std::string& prefix, std::int64_t count, int salt) const {
    std::vector<std::uint8_t> images, labels;
    for (std::int64_t image = 0; image < count; ++image) {
      const auto one = pixels(image, salt);
      images.insert(images.end(), one.begin(), one.end());
      labels.push_back(label(image));
    }
    write_idx_images(directory_ / (prefix + "-images-idx3-ubyte.gz"), kRows, kColumns, images);
    write_idx_labels(directory_ / (prefix + "-labels-idx1-ubyte"), labels);
  }

  const Communicator& communicator_;
  std::filesystem::path directory_;
  DatasetFiles files_;
};

}  // namespace tally
