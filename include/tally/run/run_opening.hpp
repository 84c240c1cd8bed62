// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "tally/data/dataset_files.hpp"
#include "tally/nn/network.hpp"
#include "tally/parallel/communicator.hpp"
#include "tally/run/launch_options.hpp"
#include "tally/run/progress_report.hpp"
#include "tally/run/recorder.hpp"
#include "tally/state/training_state.hpp"

// From what was said at the launch to a state to train from, fresh or resumed. Rank 0 reads
// everything (configuration, checkpoint, headers of the data) and tells the others.
namespace tally {

struct OpenedRun {
  std::unique_ptr<Network> network;
  TrainingState state;  ///< complete on all ranks, but for the history, which rank 0 keeps
  bool is_resumed = false;
  BuildFacts computed_by;  ///< of a resumed run, on rank 0: the program so far
  DatasetFiles files;      ///< on rank 0
  std::unique_ptr<Recorder> recorder = std::make_unique<Recorder>();
};

/// Throws an AgreedError for anything that is wrong with the configuration, the run directory, its
/// checkpoints or the headers of the data. Collective: every rank must call.
OpenedRun open_run(const Communicator& communicator, const LaunchOptions& options,
                   ProgressReport& report);

/// What the headers of the data say; the digests follow when the files are read. Throws an Error.
DataFingerprint read_shape(const DatasetFiles& files);

/// Refuses a configuration that holds out all training images.
void require_training_images(const RunConfig& config, const DataFingerprint& data);

/// Refuses data other than those the run was started on, naming the file. For rank 0, once the
/// digests of the files are known.
void require_same_data(const DataFingerprint& expected, const DataFingerprint& found,
                       const DatasetFiles& files);

}  // namespace tally
