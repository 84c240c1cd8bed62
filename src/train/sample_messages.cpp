// SPDX-License-Identifier: MIT
#include "sample_messages.hpp"

#include <cstring>

namespace tally {
namespace {

// Rank 0 collects a message for each rank at once: the more ranks, the smaller the messages.
constexpr std::size_t kAllMessagesBytes = 1 << 22;
constexpr std::size_t kMessageBytes = 1 << 18;

std::size_t message_capacity(std::size_t record_bytes, int ranks) {
  const std::size_t share = kAllMessagesBytes / ranks;
  return std::max(std::min(share, kMessageBytes) / record_bytes, std::size_t{1}) * record_bytes;
}

std::size_t record_size(std::size_t image_bytes) {
  return sizeof(SampleHeader) + image_bytes;
}

}  // namespace

SampleSender::SampleSender(const Communicator& communicator, std::size_t image_bytes)
    : communicator_(communicator),
      capacity_(message_capacity(record_size(image_bytes), communicator.size())),
      buffers_(communicator.size()) {}

void SampleSender::put(int rank, const SentSample& sample) {
  std::vector<std::byte>& buffer = buffers_[rank];
  buffer.reserve(capacity_);
  const auto header_bytes = std::as_bytes(std::span(&sample.header, 1));
  const auto pixel_bytes = std::as_bytes(sample.pixels);
  buffer.insert(buffer.end(), header_bytes.begin(), header_bytes.end());
  buffer.insert(buffer.end(), pixel_bytes.begin(), pixel_bytes.end());
  if (buffer.size() >= capacity_) flush(rank);
}

void SampleSender::end() {
  for (int rank = 1; rank < std::ssize(buffers_); ++rank) {
    if (!buffers_[rank].empty()) flush(rank);
    flush(rank);  // an empty message is the end
  }
}

void SampleSender::flush(int rank) {
  communicator_.send(rank, buffers_[rank]);
  buffers_[rank].clear();
}

SampleReceiver::SampleReceiver(const Communicator& communicator, std::size_t image_bytes)
    : communicator_(communicator),
      image_bytes_(image_bytes),
      message_(message_capacity(record_size(image_bytes), communicator.size())) {}

std::optional<SentSample> SampleReceiver::next() {
  if (begin_ == end_) {
    begin_ = 0;
    end_ = communicator_.receive(0, message_);
    if (end_ == 0) return std::nullopt;
  }
  SentSample sample;
  const std::byte* record = message_.data() + begin_;
  std::memcpy(&sample.header, record, sizeof(SampleHeader));
  sample.pixels = {reinterpret_cast<const std::uint8_t*>(record + sizeof(SampleHeader)),
                   image_bytes_};
  begin_ += record_size(image_bytes_);
  return sample;
}

}  // namespace tally
