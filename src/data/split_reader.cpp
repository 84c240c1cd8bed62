// SPDX-License-Identifier: MIT
#include "tally/data/split_reader.hpp"

#include <algorithm>

namespace tally {
namespace {

constexpr std::int64_t kChunkBytes = 1 << 18;

}  // namespace

SplitReader::SplitReader(const SplitFiles& files, int classes)
    : files_(files), classes_(classes), images_(open_idx(files.images)) {}

std::optional<SplitReader::Image> SplitReader::next() {
  if (next_ == 0) read_labels();
  if (next_ == count()) {
    if (!has_ended_) images_digest_ = images_.finish();
    has_ended_ = true;
    return std::nullopt;
  }
  if (next_ == chunk_end_) read_chunk();
  const std::int64_t image_bytes = images_.image_bytes();
  const std::int64_t place = (next_ - chunk_begin_) * image_bytes;
  const Image image{next_, labels_[next_], std::span(chunk_).subspan(place, image_bytes)};
  ++next_;
  return image;
}

void SplitReader::read_labels() {
  IdxLabels read = read_idx_labels(open_idx(files_.labels), classes_);
  require_same_count(files_, count(), std::ssize(read.labels));
  labels_ = std::move(read.labels);
  labels_digest_ = read.digest;
}

void SplitReader::read_chunk() {
  const std::int64_t most = std::max<std::int64_t>(1, kChunkBytes / images_.image_bytes());
  chunk_begin_ = next_;
  chunk_end_ = std::min(next_ + most, count());
  chunk_.resize((chunk_end_ - chunk_begin_) * images_.image_bytes());
  images_.read(chunk_);
}

}  // namespace tally
