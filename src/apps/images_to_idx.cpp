// SPDX-License-Identifier: MIT
#include "images_to_idx.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/data/dataset_files.hpp"
#include "tally/data/idx_file.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/digit_sheet.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

// The digits of each class, in the order of their sources.
using DigitsByClass = std::vector<std::vector<GreyImage>>;

struct Collection {
  DigitsByClass digits;
  std::vector<std::string> unused;

  void add(std::size_t label, const GreyImage& page, const std::string& name) {
    if (const auto preparation = prepare_digit(page)) {
      digits[label].push_back(preparation->digit);
    } else {
      unused.push_back(name + ": has no ink");
    }
  }
};

std::pair<int, int> parse_cell(const std::string& text) {
  const std::size_t cross = text.find('x');
  int width = 0, height = 0;
  const bool is_valid =
      cross != std::string::npos && parse_number(std::string_view(text).substr(0, cross), width) &&
      parse_number(std::string_view(text).substr(cross + 1), height) && width > 0 && height > 0;
  require(is_valid, ExitCode::kUsage, "--cell: expected a size as 20x20, got \"{}\"", text);
  return {width, height};
}

Collection collect_sheet(const ImagesToIdxOptions& options) {
  const auto [width, height] = parse_cell(options.cell);
  const std::vector<GreyImage> cells =
      cut_sheet(read_image(options.source), width, height, options.source);
  const auto count = static_cast<int>(cells.size());
  require(count % options.classes == 0, ExitCode::kUsage,
          "{}: expected a multiple of {} cells, one class after the other, got {}", options.source,
          options.classes, count);
  Collection collection{DigitsByClass(static_cast<std::size_t>(options.classes)), {}};
  for (int i = 0; i < count; ++i) {
    collection.add(static_cast<std::size_t>(class_of_cell(i, count, options.classes)),
                   cells[static_cast<std::size_t>(i)],
                   fmt::format("{}: cell {}", options.source, i));
  }
  return collection;
}

std::vector<fs::path> sorted_entries(const fs::path& directory) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(directory)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

Collection collect_folders(const fs::path& source) {
  require(fs::is_directory(source), ExitCode::kUsage,
          "{}: expected a directory with a folder per class, or a sheet and --cell WxH",
          source.string());
  Collection collection;
  for (const fs::path& folder : sorted_entries(source)) {
    std::size_t label = 0;
    if (!fs::is_directory(folder) || !parse_number(folder.filename().string(), label)) {
      collection.unused.push_back(folder.string() + ": is no folder of a class, named 0, 1, ...");
      continue;
    }
    require(label < 256, ExitCode::kUsage, "{}: expected classes from 0 to 255", folder.string());
    if (collection.digits.size() <= label) collection.digits.resize(label + 1);
    for (const fs::path& file : sorted_entries(folder)) {
      try {
        collection.add(label, read_image(file), file.string());
      } catch (const Error& error) {
        collection.unused.emplace_back(error.what());
      }
    }
  }
  return collection;
}

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

}  // namespace

ImagesToIdxResult images_to_idx(const ImagesToIdxOptions& options) {
  Collection collection =
      options.cell.empty() ? collect_folders(options.source) : collect_sheet(options);
  IdxContents train, test;
  std::size_t longest = 0;
  for (const auto& digits : collection.digits) longest = std::max(longest, digits.size());
  for (std::size_t i = 0; i < longest; ++i) {
    for (std::size_t label = 0; label < collection.digits.size(); ++label) {
      const auto& digits = collection.digits[label];
      if (i >= digits.size()) continue;
      const std::size_t held_out = options.test_per_class
                                       ? static_cast<std::size_t>(*options.test_per_class)
                                       : digits.size() / 5;
      (i + held_out < digits.size() ? train : test).add(label, digits[i]);
    }
  }
  require(!train.labels.empty() && !test.labels.empty(), ExitCode::kUsage,
          "{}: expected drawings for training and for testing, got {} and {}; each class needs 5, "
          "or set --test-per-class",
          options.source, train.labels.size(), test.labels.size());
  std::error_code error;
  fs::create_directories(options.target, error);
  require(!error, ExitCode::kUsage, "{}: cannot be made: {}", options.target, error.message());
  ImagesToIdxResult result;
  result.train_images = train.write(options.target, Split::kTrain);
  result.test_images = test.write(options.target, Split::kTest);
  result.unused = std::move(collection.unused);
  return result;
}

}  // namespace tally
