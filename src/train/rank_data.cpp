// SPDX-License-Identifier: MIT
#include "tally/train/rank_data.hpp"

#include <algorithm>
#include <cassert>

#include "sample_messages.hpp"
#include "tally/core/error.hpp"
#include "tally/data/hold_out.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/parallel/job_layout.hpp"

namespace tally {
namespace {

// Which rank holds each unit of a range that is dealt out as parts_of does.
template <typename RangeOfRank>
std::vector<int> owners(std::int64_t units, int ranks, RangeOfRank&& range_of_rank) {
  std::vector<int> owner(units);
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

void put(RankData& data, const SentSample& sample) {
  const auto& [set, label, id, place] = sample.header;
  switch (set) {
    case SampleSet::kTrain:
      data.train.put(place, {id, label, sample.pixels});
      break;
    case SampleSet::kValidation:
      data.validation.put(place.index, label, sample.pixels);
      break;
    case SampleSet::kTest:
      data.test.put(place.index, label, sample.pixels);
      break;
  }
}

// Rank 0: reads the splits and sends each image to the rank that holds it, which may be itself.
class Distribution {
 public:
  Distribution(SampleSender& sender, int ranks, RankData& own)
      : sender_(sender), ranks_(ranks), own_(own) {}

  void send_training(SplitReader& reader, const DataUse& use, const ShardPlan& plan) {
    const std::vector<bool> is_held_out = hold_out(use.images, use.validation, use.seed);
    const std::vector<ShardPlan::Place> places = plan.deal();
    const std::vector<int> shard_owner = owners(plan.shards(), ranks_, [&](int rank) {
      return leaves_of_rank(plan.shards(), ranks_, rank);
    });
    const std::vector<int> validation_owner = evaluation_owners(use.validation, ranks_);
    std::size_t trained = 0;
    std::uint32_t held_out = 0;
    while (const auto image = reader.next()) {
      if (image->index >= use.images) {
        note_label(*image);
      } else if (is_held_out[image->index]) {
        const std::uint32_t position = held_out++;
        send(validation_owner[position], SampleSet::kValidation, {0, position}, *image);
      } else {
        const ShardPlan::Place place = places[trained++];
        send(shard_owner[place.shard], SampleSet::kTrain, place, *image);
      }
    }
  }

  void send_test(SplitReader& reader) {
    const std::vector<int> owner = evaluation_owners(reader.count(), ranks_);
    while (const auto image = reader.next()) {
      const auto position = static_cast<std::uint32_t>(image->index);
      send(owner[position], SampleSet::kTest, {0, position}, *image);
    }
  }

 private:
  void send(int rank, SampleSet set, ShardPlan::Place place, const SplitReader::Image& image) {
    note_label(image);
    const SentSample sample{{set, image.label, static_cast<std::uint32_t>(image.index), place},
                            image.pixels};
    if (rank == 0) {
      put(own_, sample);
    } else {
      sender_.put(rank, sample);
    }
  }

  void note_label(const SplitReader::Image& image) {
    own_.classes = std::max(own_.classes, image.label + 1);
  }

  SampleSender& sender_;
  int ranks_;
  RankData& own_;
};

// The headers were read once before, to size the shares of all ranks.
void require_unchanged(const SplitReader& reader, std::int64_t images,
                       const DataFingerprint& fingerprint, const SplitFiles& files) {
  require(reader.count() == images && reader.rows() == fingerprint.rows &&
              reader.columns() == fingerprint.columns && reader.channels() == fingerprint.channels,
          ExitCode::kUsage, "{}: was replaced by another file while it was read; start again",
          files.images.string());
}

void read_and_send(SampleSender& sender, int ranks, const DatasetFiles& files, const DataUse& use,
                   const ShardPlan& plan, DataFingerprint& fingerprint, RankData& own) {
  Distribution distribution(sender, ranks, own);
  SplitReader train(files.train, use.classes);
  require_unchanged(train, fingerprint.train_images, fingerprint, files.train);
  distribution.send_training(train, use, plan);
  SplitReader test(files.test, use.classes);
  require_unchanged(test, fingerprint.test_images, fingerprint, files.test);
  distribution.send_test(test);
  fingerprint.digests = {to_hex(train.images_digest()), to_hex(train.labels_digest()),
                         to_hex(test.images_digest()), to_hex(test.labels_digest())};
}

}  // namespace

EvaluationShare::EvaluationShare(std::int64_t set_samples, int ranks, int rank,
                                 std::int64_t image_bytes)
    : set_samples_(set_samples),
      positions_(positions_of(set_samples, ranks, rank)),
      image_bytes_(image_bytes),
      pixels_(positions_.size() * image_bytes),
      labels_(positions_.size()) {}

Range EvaluationShare::positions_of(std::int64_t set_samples, int ranks, int rank) {
  return part_of({0, set_samples}, ranks, rank, kEvaluationRows);
}

void EvaluationShare::put(std::int64_t position, std::uint8_t label,
                          std::span<const std::uint8_t> pixels) {
  assert(position >= positions_.begin && position < positions_.end);
  const std::int64_t at = position - positions_.begin;
  std::ranges::copy(pixels, pixels_.begin() + at * image_bytes_);
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
  std::optional<Error> error;
  if (communicator.is_root()) {
    SampleSender sender(communicator, image_bytes);
    error = error_of([&] { read_and_send(sender, ranks, files, use, plan, fingerprint, data); });
    sender.end();
  } else {
    SampleReceiver receiver(communicator, image_bytes);
    while (const auto sample = receiver.next()) put(data, *sample);
  }
  communicator.agree(error);
  return data;
}

}  // namespace tally
