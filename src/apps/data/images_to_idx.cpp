// SPDX-License-Identifier: MIT
#include "data/images_to_idx.hpp"

#include <algorithm>
#include <filesystem>

#include "data/whole_directory.hpp"
#include "tally/core/error.hpp"
#include "tally/data/dataset_files.hpp"
#include "tally/data/idx_file.hpp"
#include "tally/image/digit_image.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

struct IdxContents {
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  void add(std::size_t label, const GreyImage& digit) {
    pixels.insert(pixels.end(), digit.pixels.begin(), digit.pixels.end());
    labels.push_back(static_cast<std::uint8_t>(label));
  }

  [[nodiscard]] std::int64_t write(const fs::path& target, Split split) const {
    const auto path = [&](IdxContent content) {
      return target / (idx_file_name(split, content) + ".gz");
    };
    write_idx_images(path(IdxContent::kImages), kDigitSide, kDigitSide, pixels);
    write_idx_labels(path(IdxContent::kLabels), labels);
    return static_cast<std::int64_t>(labels.size());
  }
};

struct TrainAndTest {
  IdxContents train;
  IdxContents test;
};

/// The last of each class are for testing. Classes take turns.
TrainAndTest deal(const std::vector<std::vector<GreyImage>>& classes,
                  std::optional<std::int64_t> test_per_class) {
  TrainAndTest dealt;
  std::size_t longest = 0;
  for (const auto& digits : classes) longest = std::max(longest, digits.size());
  for (std::size_t i = 0; i < longest; ++i) {
    for (std::size_t label = 0; label < classes.size(); ++label) {
      const auto& digits = classes[label];
      if (i >= digits.size()) continue;
      const std::size_t held_out =
          test_per_class ? static_cast<std::size_t>(*test_per_class) : digits.size() / 5;
      (i + held_out < digits.size() ? dealt.train : dealt.test).add(label, digits[i]);
    }
  }
  return dealt;
}

}  // namespace

ImagesToIdxResult images_to_idx(const ImagesToIdxOptions& options) {
  WholeDirectory target(options.target);
  const bool is_sheet = !options.sheet.cell.empty() || !options.sheet.grid.empty();
  DigitCollection collection =
      is_sheet ? collect_sheet(options.source, options.sheet) : collect_folders(options.source);
  const auto [train, test] = deal(collection.digits, options.test_per_class);
  require(!train.labels.empty() && !test.labels.empty(), ExitCode::kUsage,
          "{}: expected drawings for training and for testing, got {} and {}; each class needs 5, "
          "or set --test-per-class",
          options.source, train.labels.size(), test.labels.size());
  ImagesToIdxResult result;
  result.train_images = train.write(target.path(), Split::kTrain);
  result.test_images = test.write(target.path(), Split::kTest);
  target.publish();
  result.unused = std::move(collection.unused);
  return result;
}

}  // namespace tally
