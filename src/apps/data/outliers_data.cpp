// SPDX-License-Identifier: MIT
#include "data/outliers_data.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "data/whole_directory.hpp"
#include "tally/core/error.hpp"
#include "tally/core/random.hpp"
#include "tally/core/range.hpp"
#include "tally/core/text.hpp"
#include "tally/core/thread_team.hpp"
#include "tally/data/dataset.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/image/digit_image.hpp"
#include "tally/image/digit_variation.hpp"
#include "tally/image/edge_directions.hpp"
#include "tally/image/pen_figure.hpp"

namespace tally {
namespace {

Dataset read_digits(const OutliersDataOptions& options, Split split) {
  const SplitFiles files = find_split_files(options.digits, split);
  const SplitReader header(files);
  const bool is_prepared =
      header.rows() == kDigitSide && header.columns() == kDigitSide && header.channels() == 1;
  require(is_prepared, ExitCode::kUsage, "{}: expected images of {} x {}, got {}",
          files.images.string(), kDigitSide, kDigitSide,
          size_text(header.rows(), header.columns(), header.channels()));
  return read_split(files, kMaxClasses - 1);
}

GreyImage image_of(const Dataset& digits, std::size_t index) {
  GreyImage image(kDigitSide, kDigitSide);
  std::copy_n(&digits.pixels[index * image.pixels.size()], image.pixels.size(),
              image.pixels.begin());
  return image;
}

/// The images of a split: first the digits, then `variants` of each, then as many figures.
class OutliersSplit {
 public:
  OutliersSplit(const Dataset& digits, std::int64_t variants, Split split, std::uint64_t seed)
      : digits_(digits),
        count_(digits.labels.size()),
        split_(split == Split::kTrain ? 0U : 1U),
        seed_(seed),
        with_variants_(count_ * static_cast<std::size_t>(1 + variants)) {}

  [[nodiscard]] std::size_t size() const { return 2 * with_variants_; }

  [[nodiscard]] int label(std::size_t index, int outlier_class) const {
    return index < with_variants_ ? digits_.labels[index % count_] : outlier_class;
  }

  [[nodiscard]] GreyImage image(std::size_t index) const {
    if (index < count_) return image_of(digits_, index);
    const auto item = [](std::size_t number) { return static_cast<std::uint32_t>(number); };
    if (index >= with_variants_) {
      RandomStream stream(seed_, Purpose::kFigure, split_, item(index - with_variants_));
      return pen_figure(stream);
    }
    RandomStream stream(seed_, Purpose::kVariation, split_, item(index));
    return varied_digit(image_of(digits_, index % count_), stream);
  }

 private:
  const Dataset& digits_;
  std::size_t count_;
  std::uint32_t split_;
  std::uint64_t seed_;
  std::size_t with_variants_;
};

void write(const OutliersSplit& images, int outlier_class, const std::filesystem::path& directory,
           Split split, int threads) {
  constexpr std::size_t kBytes = kEdgeValues;
  std::vector<std::uint8_t> pixels(images.size() * kBytes), labels(images.size());
  const ThreadTeam team(threads);  // which may be smaller
  team.run([&](int member) {
    const Range part = part_of({0, static_cast<std::int64_t>(images.size())}, team.size(), member);
    for (auto i = static_cast<std::size_t>(part.begin); i < static_cast<std::size_t>(part.end);
         ++i) {
      std::ranges::copy(edge_directions(images.image(i)).pixels, &pixels[i * kBytes]);
      labels[i] = static_cast<std::uint8_t>(images.label(i, outlier_class));
    }
  });
  write_idx_images(directory / idx_file_name(split, IdxContent::kImages),
                   kEdgeDirections * kEdgeCells, kEdgeCells, pixels);
  write_idx_labels(directory / idx_file_name(split, IdxContent::kLabels), labels);
}

}  // namespace

OutliersDataResult make_outliers_data(const OutliersDataOptions& options) {
  WholeDirectory target(options.target);
  const Dataset train = read_digits(options, Split::kTrain);
  const Dataset test = read_digits(options, Split::kTest);
  OutliersDataResult result;
  result.outlier_class =
      1 + std::max(*std::ranges::max_element(train.labels), *std::ranges::max_element(test.labels));
  const OutliersSplit train_images(train, options.variants, Split::kTrain, options.seed);
  const OutliersSplit test_images(test, 0, Split::kTest, options.seed);
  write(train_images, result.outlier_class, target.path(), Split::kTrain, options.threads);
  write(test_images, result.outlier_class, target.path(), Split::kTest, options.threads);
  target.publish();
  result.train_images = static_cast<std::int64_t>(train_images.size());
  result.test_images = static_cast<std::int64_t>(test_images.size());
  return result;
}

}  // namespace tally
