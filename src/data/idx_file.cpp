// SPDX-License-Identifier: MIT
#include "tally/data/idx_file.hpp"

#include <algorithm>
#include <cassert>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/data/file_signature.hpp"

namespace tally {
namespace {

constexpr std::int64_t kLabelChunk = 65536;

void require_classes(const std::string& name, std::span<const std::uint8_t> labels, int classes) {
  const auto wrong = std::ranges::find_if(labels, [&](int label) { return label >= classes; });
  if (wrong == labels.end()) return;
  fail(ExitCode::kUsage,
       "{}: label {} of {} is {}, expected 0 to {}; use data of {} classes, or a network with more",
       name, grouped(wrong - labels.begin()), grouped(std::ssize(labels)), *wrong, classes - 1,
       classes);
}

}  // namespace

std::unique_ptr<ByteSource> open_idx(const std::filesystem::path& path) {
  auto file = file_source(path);
  return has_gzip_name(file->name()) ? gzip_source(std::move(file)) : std::move(file);
}

IdxImageReader::IdxImageReader(std::unique_ptr<ByteSource> source)
    : stream_(std::move(source), IdxContent::kImages) {}

void IdxImageReader::read(std::span<std::uint8_t> pixels) {
  assert(std::ssize(pixels) % image_bytes() == 0);
  stream_.read(std::as_writable_bytes(pixels));
}

IdxLabels read_idx_labels(std::unique_ptr<ByteSource> source, int classes) {
  IdxStream stream(std::move(source), IdxContent::kLabels);
  IdxLabels result;
  auto& labels = result.labels;
  while (stream.remaining_bytes() > 0) {
    const auto begin = labels.size();
    labels.resize(begin + std::min(kLabelChunk, stream.remaining_bytes()));
    stream.read(std::as_writable_bytes(std::span(labels).subspan(begin)));
  }
  result.digest = stream.finish();
  require_classes(stream.name(), labels, classes);
  return result;
}

}  // namespace tally
