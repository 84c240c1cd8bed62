// SPDX-License-Identifier: MIT
#include "tally/run/plan_check.hpp"

#include <algorithm>
#include <optional>

#include "tally/core/text.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/data/idx_file.hpp"
#include "tally/io/checkpoint_store.hpp"
#include "tally/io/run_directory.hpp"
#include "tally/run/launch_check.hpp"
#include "tally/run/launch_doctor.hpp"
#include "tally/run/recipe_doubts.hpp"
#include "tally/run/run_opening.hpp"
#include "tally/run/run_recorder.hpp"

namespace tally {
namespace {

// Refuses labels that are no output. Adds the digests of the labels.
std::int64_t count_classes(const DatasetFiles& files, std::int64_t outputs,
                           DataFingerprint& fingerprint) {
  std::uint8_t greatest = 0;
  std::size_t file = 1;
  for (const SplitFiles& split : {files.train, files.test}) {
    const IdxLabels labels = read_idx_labels(open_idx(split.labels), static_cast<int>(outputs));
    for (const std::uint8_t label : labels.labels) greatest = std::max(greatest, label);
    fingerprint.digests[file] = to_hex(labels.digest);
    file += 2;
  }
  return std::int64_t{greatest} + 1;
}

// The labels tell other data of the same size as well as the images, in a hundredth of the time.
void require_data_of(const std::optional<TrainingState>& stored, DataFingerprint found,
                     const DatasetFiles& files) {
  if (!stored) return;
  for (const std::size_t images : {0, 2}) found.digests[images] = stored->data.digests[images];
  require_same_data(stored->data, found, files);
}

// Returns the number of parameters, on which the size of a checkpoint depends.
std::size_t look_at_data(const LaunchOverrides& overrides, const RunConfig& config,
                         const std::optional<TrainingState>& stored, Findings& findings,
                         std::string& text) {
  const DatasetFiles files = find_dataset_files(data_directory(config.data).string());
  DataFingerprint shape = read_shape(files);
  require_training_images(config, shape);
  const Network network(config.network, image_shape(shape));
  const std::int64_t classes = count_classes(files, network.outputs(), shape);
  require_data_of(stored, shape, files);
  const std::int64_t samples = used_training_images(config, shape) - config.validation;
  if (const auto doubt = batch_doubt(overrides, config, samples)) findings.warning("{}", *doubt);
  if (const auto doubt = normalization_doubt(config, image_shape(shape))) {
    findings.warning("{}", *doubt);
  }
  check_classes(network.outputs(), classes, findings);
  const std::size_t parameters = network.layout().count();
  text += fmt::format("data: {}: {} training and {} test images of {} in {}\nnetwork: {}, {}\n",
                      printable_line(files.train.images.parent_path().string()),
                      grouped(shape.train_images), grouped(shape.test_images),
                      image_size_text(image_shape(shape)),
                      classes == 1 ? "1 class" : fmt::format("{} classes", classes),
                      shape_text(network.specs()), counted(parameters, "parameter"));
  if (config.validation > 0) {
    text += fmt::format("validation: {} held out\n", counted(config.validation, "training image"));
  }
  return parameters;
}

// What a resumed run would start from, its damaged files skipped; nothing before the first one.
std::optional<TrainingState> newest_state(const std::filesystem::path& run_directory,
                                          Findings& findings) {
  std::error_code error;
  const std::filesystem::path checkpoints = checkpoint_directory(run_directory);
  if (!std::filesystem::exists(checkpoints, error)) return std::nullopt;
  auto loaded = CheckpointStore(checkpoints).load_newest(CheckpointStore::Damaged::kLeave);
  if (!loaded) return std::nullopt;
  for (const std::string& warning : loaded->warnings) findings.warning("{}", warning);
  return std::move(loaded->state);
}

std::string so_far(const RunConfig& config, std::optional<TrainingState> stored) {
  if (!stored) {
    return stored_status(config.run_dir) ? "begun, but without a checkpoint" : "not begun";
  }
  stored->config = config;
  return fmt::format("{} step {}", is_finished(*stored) ? "finished already, at" : "goes on at",
                     grouped(stored->progress.step));
}

void look_at_directory(const RunConfig& config, const std::optional<TrainingState>& stored,
                       std::size_t parameters, Findings& findings, std::string& text) {
  text += fmt::format("run: {}: {}\n", printable_line(config.run_dir), so_far(config, stored));
  LaunchFacts facts;
  facts.directory = directory_facts(config, parameters);
  check_directory(facts, findings);
  const LockSight lock = look_at_lock(std::filesystem::path(config.run_dir) / "run.lock");
  if (lock.holder == LockSight::Holder::kSomebody) {
    findings.warning("--run-dir {}: is in use by {} now; a job that starts meanwhile is refused",
                     config.run_dir, lock.owner.empty() ? "another run" : printable(lock.owner));
  }
}

}  // namespace

RunConfig planned_config(const LaunchOptions& options, Findings& findings) {
  const LaunchOverrides overrides = launch_overrides(options);
  const std::string directory = run_directory(options, overrides);
  const std::optional<RunConfig> stored = options.resume ? stored_config(directory) : std::nullopt;
  RunConfig config = stored ? resumed_config(*stored, overrides) : fresh_config(overrides);
  config.run_dir = directory;
  for (const std::string& doubt : recipe_doubts(overrides, config, std::nullopt)) {
    findings.warning("{}", doubt);
  }
  return config;
}

PlanReport check_plan(const LaunchOptions& options) {
  Findings findings;
  const RunConfig config = planned_config(options, findings);
  PlanReport report;
  std::size_t parameters = 0;
  std::optional<TrainingState> stored;
  const auto attempt = [&](const auto& look) {
    if (const std::optional<Error> error = error_of(look)) findings.error("{}", error->what());
  };
  attempt([&] {
    if (options.resume) stored = newest_state(config.run_dir, findings);
  });
  attempt([&] {
    parameters = look_at_data(launch_overrides(options), config, stored, findings, report.text);
  });
  report.text += fmt::format("micro-batches: {} of {} in a batch of {}\n",
                             config.batch_size / config.micro_batch.value, config.micro_batch.value,
                             config.batch_size);
  look_at_directory(config, stored, parameters, findings, report.text);
  report.text += to_text(findings) + "\n";
  if (!findings.errors().empty()) report.exit_code = ExitCode::kUsage;
  return report;
}

}  // namespace tally
