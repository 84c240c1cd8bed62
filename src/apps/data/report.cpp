// SPDX-License-Identifier: MIT
#include "data/report.hpp"

#include <map>
#include <vector>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/image/channels.hpp"

namespace tally {
namespace {

std::string describe_split(const SplitFiles& files) {
  SplitReader reader(files);
  std::map<int, std::int64_t> counts;
  while (const auto image = reader.next()) ++counts[image->label];
  std::string per_class;
  for (const auto& [label, count] : counts) {
    per_class += fmt::format("{}{}: {}", per_class.empty() ? "" : ", ", label, grouped(count));
  }
  return fmt::format("{}: {} of {}, SHA-256 {}\n{}: {} ({}), SHA-256 {}\n",
                     printable_line(files.images.string()), counted(reader.count(), "image"),
                     size_text(reader.rows(), reader.columns(), reader.channels()),
                     to_hex(reader.images_digest()), printable_line(files.labels.string()),
                     counts.size() == 1 ? "1 class" : fmt::format("{} classes", counts.size()),
                     per_class, to_hex(reader.labels_digest()));
}

}  // namespace

std::string verify_data(const std::string& directory) {
  const DatasetFiles files = find_dataset_files(directory);
  return describe_split(files.train) + describe_split(files.test);
}

std::string show_image(const std::string& directory, std::int64_t index, bool is_test) {
  const SplitFiles files = find_split_files(directory, is_test ? Split::kTest : Split::kTrain);
  SplitReader reader(files);
  require(index >= 0 && index < reader.count(), ExitCode::kUsage,
          "{}: expected an index from 0 to {}, got {}", files.images.string(),
          grouped(reader.count() - 1), grouped(index));
  std::string picture;
  const std::int64_t channels = reader.channels();
  while (const auto image = reader.next()) {
    if (image->index != index) continue;
    picture = fmt::format("image {} of {}, label {}\n", grouped(index),
                          printable_line(files.images.filename().string()), image->label);
    for (std::int64_t row = 0; row < reader.rows(); ++row) {
      for (std::int64_t column = 0; column < reader.columns(); ++column) {
        constexpr std::string_view kShades[] = {"  ", "░░", "▒▒", "▓▓", "██"};
        const std::int64_t place = (row * reader.columns() + column) * channels;
        picture += kShades[(grey_of(image->pixels.subspan(place, channels)) + 63) / 64];
      }
      picture += "\n";
    }
  }
  return picture;
}

}  // namespace tally
