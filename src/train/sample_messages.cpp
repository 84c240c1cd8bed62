// SPDX-License-Identifier: MIT
#include "sample_messages.hpp"

#include <cstring>

namespace tally {
namespace {

// Rank 0 collects a message for each rank at once: the more ranks, the smaller the messages.
constexpr std::size_t kAllMessagesBytes = 1 << 22;
constexpr std::size_t kMessageBytes = 1 << 18;

std::size_t message_capacity(std::size_t record_bytes, int ranks) {
  const std::size_t share = kAllMessagesBytes / static_cast<std::size_t>(ranks);
  return std::max(std::min(share, kMessageBytes) / record_bytes, std::size_t{1}) * record_bytes;
}

std::size_t record_size(std::size_t image_bytes) {
  return sizeof(SampleHeader) + image_bytes;
}

}  // namespace

SampleSender::SampleSender(const Communicator& communicator, std::size_t image_bytes,
                           KeepSample keep)
    : communicator_(communicator),
      record_bytes_(record_size(image_bytes)),
      keep_(std::move(keep)),
      capacity_(message_capacity(record_bytes_, communicator.size())),
      buffers_(static_cast<std::size_t>(communicator.size())) {}

void SampleSender::put(int rank, const SampleHeader& header, std::span<const std::uint8_t> pixels) {
  if (rank == communicator_.rank()) return keep_(header, pixels);
  std::vector<std::byte>& buffer = buffers_[static_cast<std::size_t>(rank)];
  buffer.reserve(capacity_);
  const auto header_bytes = std::as_bytes(std::span(&header, 1));
  const auto pixel_bytes = std::as_bytes(pixels);
  buffer.insert(buffer.end(), header_bytes.begin(), header_bytes.end());
  buffer.insert(buffer.end(), pixel_bytes.begin(), pixel_bytes.end());
  if (buffer.size() >= capacity_) flush(static_cast<std::size_t>(rank));
}

void SampleSender::end() {
  for (std::size_t rank = 1; rank < buffers_.size(); ++rank) {
    if (!buffers_[rank].empty()) flush(rank);
    flush(rank);  // an empty message is the end
  }
}

void SampleSender::flush(std::size_t rank) {
  communicator_.send(static_cast<int>(rank), buffers_[rank]);
  buffers_[rank].clear();
}

void receive_samples(const Communicator& communicator, std::size_t image_bytes,
                     const KeepSample& keep) {
  const std::size_t record_bytes = record_size(image_bytes);
  std::vector<std::byte> message(message_capacity(record_bytes, communicator.size()));
  while (const std::size_t received = communicator.receive(0, message)) {
    for (std::size_t at = 0; at < received; at += record_bytes) {
      SampleHeader header;
      std::memcpy(&header, message.data() + at, sizeof(header));
      const auto* pixels =
          reinterpret_cast<const std::uint8_t*>(message.data() + at + sizeof(header));
      keep(header, {pixels, image_bytes});
    }
  }
}

}  // namespace tally
