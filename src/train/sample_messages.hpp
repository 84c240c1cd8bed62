// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
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

/// Takes one image into this rank's memory.
using KeepSample =
    std::function<void(const SampleHeader& header, std::span<const std::uint8_t> pixels)>;

/// For rank 0. Buffers a few megabytes, whatever the number of ranks.
class SampleSender {
 public:
  /// Images for rank 0 itself go to `keep`.
  SampleSender(const Communicator& communicator, std::size_t image_bytes, KeepSample keep);

  void put(int rank, const SampleHeader& header, std::span<const std::uint8_t> pixels);
  /// Sends what is left, and to every rank the message that ends receive_samples.
  void end();

 private:
  void flush(std::size_t rank);

  const Communicator& communicator_;
  std::size_t record_bytes_;
  KeepSample keep_;
  std::size_t capacity_;  // of a message
  std::vector<std::vector<std::byte>> buffers_;
};

/// For the other ranks: calls `keep` for each image until rank 0 ends.
void receive_samples(const Communicator& communicator, std::size_t image_bytes,
                     const KeepSample& keep);

}  // namespace tally
