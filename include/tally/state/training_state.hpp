// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tally/core/aligned_vector.hpp"
#include "tally/core/digest.hpp"
#include "tally/nn/parameters.hpp"
#include "tally/nn/shape.hpp"
#include "tally/state/history.hpp"
#include "tally/state/run_config.hpp"

// All that a run is at a step boundary: what a checkpoint holds, and what a resumed run starts
// from.
namespace tally {

/// What the data were: the run may only continue on the same bytes. The digests are SHA-256, in
/// hexadecimal, of the uncompressed IDX files.
struct DataFingerprint {
  std::int64_t train_images = 0;  ///< in the file, before --train-limit and --validation
  std::int64_t test_images = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::array<std::string, 4> digests;  ///< in the order of kDataFileNames
  std::int64_t channels = 1;           ///< of an image
  friend bool operator==(const DataFingerprint&, const DataFingerprint&) = default;
};

/// What an image is to a network.
inline Shape image_shape(const DataFingerprint& data) {
  return {data.rows, data.columns, data.channels};
}

/// The training images that are used: those of the file, or the first --train-limit of them.
/// --validation holds some of these out.
std::int64_t used_training_images(const RunConfig& config, const DataFingerprint& data);

inline constexpr std::array<std::string_view, 4> kDataFileNames = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"};

struct Progress {
  std::int64_t epoch = 0;       ///< epochs finished
  std::int64_t epoch_step = 0;  ///< steps done of the open epoch
  std::int64_t step = 0;        ///< steps done in all
  std::int64_t samples = 0;     ///< samples seen in all
  double epoch_loss_sum = 0;    ///< running sums of the open epoch
  std::int64_t epoch_correct = 0;
  std::int64_t epoch_samples = 0;
  double elapsed_seconds = 0;  ///< of training, over all resumes
};

/// What the program was that wrote a checkpoint.
struct BuildFacts {
  std::string version;
  std::string compiler;
  std::string instruction_set;
  std::string kernel_backend;
};
BuildFacts this_build();

struct TrainingState {
  RunConfig config;
  DataFingerprint data;
  BuildFacts build;
  ParameterLayout layout;
  AlignedVector parameters;  ///< flat vectors of the layout
  AlignedVector velocity;
  Progress progress;
  History history;
};

/// Whether all epochs, or all of --max-steps, are done.
bool is_finished(const TrainingState& state);

/// How a run on these data lays out its parameters.
ParameterLayout parameter_layout(const RunConfig& config, const DataFingerprint& data);

/// SHA-256 over parameters and optimizer state: the float32 values, little-endian, of every block
/// of the parameters in the order of the layout, then of every block of the velocity that is
/// learned.
Digest training_digest(const TrainingState& state);

}  // namespace tally
