// SPDX-License-Identifier: MIT
#include "tally/data/idx_stream.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"
#include "tally/data/file_signature.hpp"

namespace tally {

IdxStream::IdxStream(std::unique_ptr<ByteSource> source, IdxContent content)
    : source_(std::move(source)), content_(content) {
  std::array<std::byte, kIdxMostHeaderBytes> memory{};
  const auto take_up_to = [&](std::size_t end) {
    take(std::span(memory).subspan(bytes_read_, end - bytes_read_));
    return std::span<const std::byte>(memory).first(bytes_read_);
  };
  std::span<const std::byte> header = take_up_to(idx_header_bytes(content));
  if (header.size() == idx_header_bytes(content)) {  // and it may be longer
    header = take_up_to(idx_header_bytes(content, header));
  }
  shape_ = parse_idx_header(name(), content, header);
  header_bytes_ = bytes_read_;
  file_bytes_ = bytes_read_ + shape_.count * shape_.item_bytes();
  require_room();
}

void IdxStream::read(std::span<std::byte> bytes) {
  assert(std::ssize(bytes) <= remaining_bytes());
  if (take(bytes) < bytes.size()) fail_truncated(bytes_read_);
}

Digest IdxStream::finish() {
  assert(remaining_bytes() == 0);
  // Asking for one more byte also makes a gzip source verify its checksum.
  std::array<std::byte, 1> trailing{};
  require(source_->read(trailing) == 0, ExitCode::kUsage,
          "{}: goes on after its {} (expected {} bytes, got more); download it again", name(),
          counted(shape_.count, item_noun(content_)), grouped(file_bytes_));
  return hash_.finish();
}

std::size_t IdxStream::take(std::span<std::byte> bytes) {
  const std::size_t count = source_->read(bytes);
  hash_.add(bytes.first(count));
  bytes_read_ += count;
  return count;
}

void IdxStream::require_room() const {
  const std::int64_t largest_size = source_->largest_size();
  if (largest_size >= file_bytes_) return;
  if (!has_gzip_name(name())) fail_truncated(largest_size);
  fail(ExitCode::kUsage,
       "{}: claims {} ({} bytes), but gzip data of its size can hold {} at most; download it again",
       name(), counted(shape_.count, item_noun(content_)), grouped(file_bytes_),
       grouped(largest_size));
}

void IdxStream::fail_truncated(std::int64_t got_bytes) const {
  const std::int64_t whole_items =
      std::max<std::int64_t>(got_bytes - header_bytes_, 0) / shape_.item_bytes();
  fail(ExitCode::kUsage,
       "{}: truncated at {} {} of {} (expected {} bytes, got {}); download it again", name(),
       item_noun(content_), grouped(whole_items), grouped(shape_.count), grouped(file_bytes_),
       grouped(got_bytes));
}

}  // namespace tally
