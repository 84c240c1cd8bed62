// SPDX-License-Identifier: MIT
#include "tally/data/split_reader.hpp"

#include <algorithm>

namespace tally {
namespace {

constexpr std::int64_t kChunkBytes = 1 << 18;

}  // namespace

SplitReader::SplitReader(const SplitFiles& files)
    : files_(files), images_(open_idx(files.images)) {}

void SplitReader::read_all(int classes, const Visit& visit) {
  const IdxLabels labels = read_idx_labels(open_idx(files_.labels), classes);
  require_same_count(files_, count(), static_cast<std::int64_t>(labels.labels.size()));
  labels_digest_ = labels.digest;

  const auto image_bytes = static_cast<std::size_t>(images_.image_bytes());
  const std::int64_t per_chunk = std::max<std::int64_t>(1, kChunkBytes / images_.image_bytes());
  std::vector<std::uint8_t> chunk(static_cast<std::size_t>(per_chunk) * image_bytes);
  for (std::int64_t first = 0; first < count(); first += per_chunk) {
    const auto images = static_cast<std::size_t>(std::min(per_chunk, count() - first));
    const std::span<std::uint8_t> pixels = std::span(chunk).first(images * image_bytes);
    images_.read(pixels);
    for (std::size_t i = 0; i < images; ++i) {
      const std::size_t index = static_cast<std::size_t>(first) + i;
      visit(static_cast<std::int64_t>(index), labels.labels[index],
            pixels.subspan(i * image_bytes, image_bytes));
    }
  }
  images_digest_ = images_.finish();
}

Dataset read_split(const SplitFiles& files, int classes) {
  SplitReader reader(files);
  Dataset data{reader.rows(), reader.columns(), {}, {}, reader.channels()};
  reader.read_all(classes, [&](std::int64_t /*index*/, std::uint8_t label,
                               std::span<const std::uint8_t> pixels) {
    data.pixels.insert(data.pixels.end(), pixels.begin(), pixels.end());
    data.labels.push_back(label);
  });
  return data;
}

}  // namespace tally
