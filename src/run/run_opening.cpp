// SPDX-License-Identifier: MIT
#include "tally/run/run_opening.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tally/core/text.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/data/idx_file.hpp"
#include "tally/io/config_file.hpp"
#include "tally/run/recipe_doubts.hpp"
#include "tally/run/run_recorder.hpp"
#include "tally/run/training_recipe.hpp"

namespace tally {
namespace {

// --- rank 0 ---

std::optional<TrainingState> load_if_resuming(const LaunchOptions& options, RunRecorder& recorder,
                                              ProgressReport& report) {
  if (!options.resume) {
    require(!recorder.is_used(), ExitCode::kUsage,
            "{}: holds an earlier run; continue it with --resume, or choose another --run-dir",
            recorder.path().string());
    return std::nullopt;
  }
  std::optional<TrainingState> state = recorder.load();
  if (!state) {
    report.line(fmt::format("{}: there is no checkpoint yet; starting from the beginning",
                            recorder.path().string()));
  }
  return state;
}

// Of a run that was ended before its first checkpoint, unless nothing is known of it.
RunConfig config_without_checkpoint(const RunRecorder& recorder, const LaunchOverrides& overrides) {
  const std::optional<RunConfig> stored = recorder.load_config();
  return stored ? resumed_config(*stored, overrides) : fresh_config(overrides);
}

// Fills in everything but the network and the vectors of a fresh run.
void open_files(const LaunchOptions& options, OpenedRun& run, ProgressReport& report) {
  const LaunchOverrides overrides = launch_overrides(options);
  const std::string directory = run_directory(options, overrides);
  if (!options.resume)
    run.state.config = fresh_config(overrides);  // refused before anything is made

  auto recorder = std::make_unique<RunRecorder>(
      directory, [&report](const std::string& text) { report.warning(text); });
  std::optional<TrainingState> stored = load_if_resuming(options, *recorder, report);
  run.is_resumed = stored.has_value();
  if (stored) {
    run.state = std::move(*stored);
    run.computed_by = run.state.build;
    run.state.config = resumed_config(run.state.config, overrides);
  } else if (options.resume) {
    run.state.config = config_without_checkpoint(*recorder, overrides);
  }
  run.recorder = std::move(recorder);
  run.state.config.run_dir = directory;
  if (run.is_resumed && is_finished(run.state)) {  // its data may be gone
    require_possible_progress(run.state);
    return;
  }
  run.state.config.data = data_directory(run.state.config.data).string();
  run.files = find_dataset_files(run.state.config.data);
  DataFingerprint shape = read_shape(run.files);
  if (stored) {
    shape.digests = run.state.data.digests;
    require_same_data(run.state.data, shape, run.files);
  }
  run.state.data = shape;
  require_training_images(run.state.config, shape);
  if (stored) require_possible_progress(run.state);
  const std::int64_t steps = run_steps(run.state.config, training_samples(run.state));
  for (const std::string& doubt : recipe_doubts(overrides, run.state.config, steps)) {
    report.warning(doubt);
  }
  if (const auto doubt = batch_doubt(overrides, run.state.config, training_samples(run.state))) {
    report.warning(*doubt);
  }
  if (const auto doubt = normalization_doubt(run.state.config, image_shape(shape))) {
    report.warning(*doubt);
  }
}

// --- all ranks ---

// The part of the state that fits into a message as it is.
struct SharedFacts {
  bool is_resumed = false;
  Progress progress;
  std::int64_t train_images = 0, test_images = 0, rows = 0, columns = 0, channels = 1;
};

void share_facts(const Communicator& communicator, OpenedRun& run) {
  TrainingState& state = run.state;
  state.config =
      config_from_toml(communicator.broadcast(to_toml(state.config)), "configuration of rank 0");
  SharedFacts facts{run.is_resumed,         state.progress,  state.data.train_images,
                    state.data.test_images, state.data.rows, state.data.columns,
                    state.data.channels};
  communicator.broadcast_value(facts);
  run.is_resumed = facts.is_resumed;
  state.progress = facts.progress;
  state.data.train_images = facts.train_images;
  state.data.test_images = facts.test_images;
  state.data.rows = facts.rows;
  state.data.columns = facts.columns;
  state.data.channels = facts.channels;
  state.build = this_build();
}

void share_vectors(const Communicator& communicator, OpenedRun& run) {
  TrainingState& state = run.state;
  state.layout = run.network->layout();
  state.parameters.resize(state.layout.size());
  state.velocity.resize(state.layout.size());
  if (run.is_resumed) {
    communicator.broadcast(std::as_writable_bytes(std::span(state.parameters)));
    communicator.broadcast(std::as_writable_bytes(std::span(state.velocity)));
  } else {
    state.parameters = run.network->initial_parameters(state.config.initializer, state.config.seed);
  }
}

}  // namespace

DataFingerprint read_shape(const DatasetFiles& files) {
  const IdxImageReader train(open_idx(files.train.images));
  const IdxImageReader test(open_idx(files.test.images));
  const std::string expected = size_text(train.rows(), train.columns(), train.channels());
  const std::string found = size_text(test.rows(), test.columns(), test.channels());
  require(found == expected, ExitCode::kUsage,
          "{}: expected images of {} as in {}, got {}; use files of one data set",
          files.test.images.string(), expected, files.train.images.string(), found);
  return {train.count(), test.count(), train.rows(), train.columns(), {}, train.channels()};
}

void require_training_images(const RunConfig& config, const DataFingerprint& data) {
  const std::int64_t used = used_training_images(config, data);
  require(config.validation < used, ExitCode::kUsage,
          "--validation: expected fewer than the {}, got {}", counted(used, "training image"),
          grouped(config.validation));
}

OpenedRun open_run(const Communicator& communicator, const LaunchOptions& options,
                   ProgressReport& report) {
  OpenedRun run;
  communicator.on_root([&] { open_files(options, run, report); });
  share_facts(communicator, run);
  communicator.together([&] {
    const DataFingerprint& data = run.state.data;
    run.network = std::make_unique<Network>(run.state.config.network, image_shape(data));
  });
  share_vectors(communicator, run);
  return run;
}

void require_same_data(const DataFingerprint& expected, const DataFingerprint& found,
                       const DatasetFiles& files) {
  const std::array<std::filesystem::path, 4> paths = {files.train.images, files.train.labels,
                                                      files.test.images, files.test.labels};
  constexpr std::string_view kRemedy = "pass the data that this run was started on with --data";
  require(image_shape(expected) == image_shape(found), ExitCode::kUsage,
          "{}: expected images of {}, got {}; {}", paths[0].string(),
          image_size_text(image_shape(expected)), image_size_text(image_shape(found)), kRemedy);
  const auto require_count = [&](const std::filesystem::path& path, std::int64_t before,
                                 std::int64_t now) {
    require(before == now, ExitCode::kUsage, "{}: expected {}, got {}; {}", path.string(),
            counted(before, "image"), grouped(now), kRemedy);
  };
  require_count(paths[0], expected.train_images, found.train_images);
  require_count(paths[2], expected.test_images, found.test_images);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    require(expected.digests[i] == found.digests[i], ExitCode::kUsage,
            "{}: expected SHA-256 {}, got {}; {}", paths[i].string(), expected.digests[i],
            found.digests[i], kRemedy);
  }
}

}  // namespace tally
