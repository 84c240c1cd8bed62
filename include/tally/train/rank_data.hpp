// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "tally/core/range.hpp"
#include "tally/data/dataset_files.hpp"
#include "tally/data/shard_store.hpp"
#include "tally/nn/evaluator.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/state/training_state.hpp"

// What a rank holds of the data, and how it gets there: rank 0 alone opens the files, reads them
// once from front to back and sends each image to the rank that needs it, a few megabytes under
// way. Besides its own part rank 0 holds labels and destinations meanwhile: 17 bytes per image.
namespace tally {

/// A rank's contiguous part of a set of images to evaluate; it begins with a whole chunk.
class EvaluationShare {
 public:
  EvaluationShare(std::int64_t set_samples, int ranks, int rank, std::int64_t image_bytes);

  /// Images in the whole set, over all ranks.
  [[nodiscard]] std::int64_t set_samples() const { return set_samples_; }

  void put(std::int64_t position, std::uint8_t label, std::span<const std::uint8_t> pixels);

  [[nodiscard]] LabelledImages images() const { return {pixels_, labels_}; }

  /// The positions that rank `rank` holds of a set.
  static Range positions_of(std::int64_t set_samples, int ranks, int rank);

 private:
  std::int64_t set_samples_;
  Range positions_;
  std::int64_t image_bytes_;
  std::vector<std::uint8_t> pixels_;
  std::vector<std::uint8_t> labels_;
};

struct RankData {
  ShardStore train;
  EvaluationShare validation;
  EvaluationShare test;
  int classes = 0;  ///< all labels of the files are below it; known to rank 0
};

/// How the training images of the file are used.
struct DataUse {
  std::int64_t images = 0;      ///< the first so many of the file are used at all
  std::int64_t validation = 0;  ///< of these, so many are held out
  std::uint64_t seed = 0;       ///< which chooses them
  int classes = 0;              ///< every label is below
};

/// Collective: every rank must call. `files` matters on rank 0 only. Completes `fingerprint`, whose
/// counts and sizes must be set, with the digests of the files, on rank 0. Throws an AgreedError if
/// a file cannot be read or is not what it should be.
RankData scatter_dataset(const Communicator& communicator, const DatasetFiles& files,
                         const DataUse& use, const ShardPlan& plan, DataFingerprint& fingerprint);

}  // namespace tally
