// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tally/data/shard_plan.hpp"
#include "tally/parallel/communicator.hpp"

// Private to layer train: images on their way from rank 0 to the others, many to a message.
namespace tally {

enum class SampleSet : std::uint8_t { kTrain, kValidation, kTest };

struct SampleHeader {
  SampleSet set = SampleSet::kTrain;
  std::uint8_t label = 0;
  std::uint32_t id = 0;
  ShardPlan::Place place;  ///< of a held-out or test image: its position in the set, as index
};

/// One image on its way.
struct SentSample {
  SampleHeader header;
  std::span<const std::uint8_t> pixels;
};

/// For rank 0. Buffers a few megabytes, whatever the number of ranks.
class SampleSender {
 public:
  SampleSender(const Communicator& communicator, std::size_t image_bytes);

  /// `rank` is another one.
  void put(int rank, const SentSample& sample);
  /// Sends what is left, and to every rank the message that ends its SampleReceiver.
  void end();

 private:
  void flush(int rank);

  const Communicator& communicator_;
  std::size_t capacity_;  // of a message
  std::vector<std::vector<std::byte>> buffers_;
};

/// For the other ranks.
class SampleReceiver {
 public:
  SampleReceiver(const Communicator& communicator, std::size_t image_bytes);

  /// The next image, valid until the next call; nothing once rank 0 has ended.
  std::optional<SentSample> next();

 private:
  const Communicator& communicator_;
  std::size_t image_bytes_;
  std::vector<std::byte> message_;
  std::size_t begin_ = 0;  // of what was not returned yet
  std::size_t end_ = 0;
};

}  // namespace tally
