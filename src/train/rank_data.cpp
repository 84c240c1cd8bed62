// SPDX-License-Identifier: MIT
#include "tally/train/rank_data.hpp"

#include <algorithm>
#include <cassert>

#include "sample_messages.hpp"
#include "tally/core/error.hpp"
#include "tally/data/hold_out.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/parallel/reduction_plan.hpp"

namespace tally {
namespace {

// Which rank holds each unit of a range that is dealt out as parts_of does.
template <typename RangeOfRank>
std::vector<int> owners(std::int64_t units, int ranks, RangeOfRank&& range_of_rank) {
  std::vector<int> owner(static_cast<std::size_t>(units));
  for (int rank = 0; rank < ranks; ++rank) {
    const Range range = range_of_rank(rank);
    std::fill(owner.begin() + range.begin, owner.begin() + range.end, rank);
  }
  return owner;
}

std::vector<int> evaluation_owners(std::int64_t samples, int ranks) {
  return owners(samples, ranks,
                [&](int rank) { return EvaluationShare::positions_of(samples, ranks, rank); });
}

// Rank 0: reads one split and sends each image on.
class Distribution {
 public:
  Distribution(SampleSender& sender, int ranks) : sender_(sender), ranks_(ranks) {}

  void send_training(SplitReader& reader, const DataUse& use, const ShardPlan& plan) {
    const std::vector<bool> is_held_out = hold_out(use.images, use.validation, use.seed);
    const std::vector<ShardPlan::Place> places = plan.deal();
    const std::vector<int> shard_owner = owners(plan.shards(), ranks_, [&](int rank) {
      return leaves_of_rank(plan.shards(), ranks_, rank);
    });
    const std::vector<int> validation_owner = evaluation_owners(use.validation, ranks_);
    std::size_t trained = 0;
    std::uint32_t held_out = 0;
    reader.read_all(use.classes, [&](std::int64_t index, std::uint8_t label,
                                     std::span<const std::uint8_t> pixels) {
      classes_ = std::max(classes_, label + 1);
      if (index >= use.images) return;
      const auto id = static_cast<std::uint32_t>(index);
      if (is_held_out[static_cast<std::size_t>(index)]) {
        sender_.put(validation_owner[held_out], {SampleSet::kValidation, label, id, {0, held_out}},
                    pixels);
        ++held_out;
      } else {
        const ShardPlan::Place place = places[trained++];
        sender_.put(shard_owner[place.shard], {SampleSet::kTrain, label, id, place}, pixels);
      }
    });
  }

  void send_test(SplitReader& reader, const DataUse& use) {
    const std::vector<int> owner = evaluation_owners(reader.count(), ranks_);
    reader.read_all(use.classes, [&](std::int64_t index, std::uint8_t label,
                                     std::span<const std::uint8_t> pixels) {
      classes_ = std::max(classes_, label + 1);
      const auto position = static_cast<std::uint32_t>(index);
      sender_.put(owner[position], {SampleSet::kTest, label, position, {0, position}}, pixels);
    });
  }

  /// Labels are below it, of what was sent so far.
  [[nodiscard]] int classes() const { return classes_; }

 private:
  SampleSender& sender_;
  int ranks_;
  int classes_ = 0;
};

void put(RankData& data, const SampleHeader& header, std::span<const std::uint8_t> pixels) {
  switch (header.set) {
    case SampleSet::kTrain:
      data.train.put(header.place, {header.id, header.label, pixels});
      break;
    case SampleSet::kValidation:
      data.validation.put(header.place.index, header.label, pixels);
      break;
    case SampleSet::kTest:
      data.test.put(header.place.index, header.label, pixels);
      break;
  }
}

// The headers were read once before, to size the shares of all ranks.
void require_unchanged(const SplitReader& reader, std::int64_t images,
                       const DataFingerprint& fingerprint, const SplitFiles& files) {
  require(reader.count() == images && reader.rows() == fingerprint.rows &&
              reader.columns() == fingerprint.columns,
          ExitCode::kUsage, "{}: was replaced by another file while it was read; start again",
          files.images.string());
}

// Returns the number of classes in the files.
int read_and_send(const Communicator& communicator, SampleSender& sender, const DatasetFiles& files,
                  const DataUse& use, const ShardPlan& plan, DataFingerprint& fingerprint) {
  Distribution distribution(sender, communicator.size());
  SplitReader train(files.train);
  require_unchanged(train, fingerprint.train_images, fingerprint, files.train);
  distribution.send_training(train, use, plan);
  SplitReader test(files.test);
  require_unchanged(test, fingerprint.test_images, fingerprint, files.test);
  distribution.send_test(test, use);
  fingerprint.digests = {to_hex(train.images_digest()), to_hex(train.labels_digest()),
                         to_hex(test.images_digest()), to_hex(test.labels_digest())};
  return distribution.classes();
}

}  // namespace

EvaluationShare::EvaluationShare(std::int64_t set_samples, int ranks, int rank,
                                 std::int64_t image_bytes)
    : set_samples_(set_samples),
      positions_(positions_of(set_samples, ranks, rank)),
      image_bytes_(static_cast<std::size_t>(image_bytes)),
      pixels_(static_cast<std::size_t>(positions_.size() * image_bytes)),
      labels_(static_cast<std::size_t>(positions_.size())) {}

Range EvaluationShare::positions_of(std::int64_t set_samples, int ranks, int rank) {
  return part_of({0, set_samples}, ranks, rank, kEvaluationRows);
}

void EvaluationShare::put(std::int64_t position, std::uint8_t label,
                          std::span<const std::uint8_t> pixels) {
  assert(position >= positions_.begin && position < positions_.end);
  const auto at = static_cast<std::size_t>(position - positions_.begin);
  std::ranges::copy(pixels, pixels_.begin() + static_cast<std::ptrdiff_t>(at * image_bytes_));
  labels_[at] = label;
}

RankData scatter_dataset(const Communicator& communicator, const DatasetFiles& files,
                         const DataUse& use, const ShardPlan& plan, DataFingerprint& fingerprint) {
  const int ranks = communicator.size();
  const int rank = communicator.rank();
  const std::int64_t image_bytes = fingerprint.rows * fingerprint.columns * fingerprint.channels;
  RankData data{ShardStore(plan, leaves_of_rank(plan.shards(), ranks, rank), image_bytes),
                EvaluationShare(use.validation, ranks, rank, image_bytes),
                EvaluationShare(fingerprint.test_images, ranks, rank, image_bytes), 0};
  const auto keep = [&](const SampleHeader& header, std::span<const std::uint8_t> pixels) {
    put(data, header, pixels);
  };
  std::optional<Error> error;
  if (communicator.is_root()) {
    SampleSender sender(communicator, static_cast<std::size_t>(image_bytes), keep);
    error = error_of(
        [&] { data.classes = read_and_send(communicator, sender, files, use, plan, fingerprint); });
    sender.end();
  } else {
    receive_samples(communicator, static_cast<std::size_t>(image_bytes), keep);
  }
  communicator.agree(error);
  return data;
}

}  // namespace tally
