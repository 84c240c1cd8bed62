// SPDX-License-Identifier: MIT
#include "tally/run/plan_check.hpp"

#include <algorithm>
#include <optional>

#include "tally/core/text.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/data/idx_file.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/io/run_directory.hpp"
#include "tally/run/launch_check.hpp"
#include "tally/run/launch_doctor.hpp"
#include "tally/run/recipe_doubts.hpp"
#include "tally/run/run_opening.hpp"
#include "tally/run/run_recorder.hpp"

namespace tally {
namespace {

// Refuses labels that are no output.
std::int64_t count_classes(const DatasetFiles& files, std::int64_t outputs) {
  std::uint8_t greatest = 0;
  for (const SplitFiles& split : {files.train, files.test}) {
    const IdxLabels labels = read_idx_labels(open_idx(split.labels), static_cast<int>(outputs));
    for (const std::uint8_t label : labels.labels) greatest = std::max(greatest, label);
  }
  return std::int64_t{greatest} + 1;
}

// Returns the number of parameters, on which the size of a checkpoint depends.
std::size_t look_at_data(const RunConfig& config, Findings& findings, std::string& text) {
  const DatasetFiles files = find_dataset_files(data_directory(config.data).string());
  const DataFingerprint shape = read_shape(files);
  require_training_images(config, shape);
  const Network network(config.network, image_shape(shape));
  const std::int64_t classes = count_classes(files, network.outputs());
  check_classes(network.outputs(), classes, findings);
  const std::size_t parameters = network.layout().count();
  text += fmt::format(
      "data: {}: {} training and {} test images of {} in {}\nnetwork: {}, {}\n",
      printable_line(files.train.images.parent_path().string()), grouped(shape.train_images),
      grouped(shape.test_images), image_size_text(image_shape(shape)),
      classes == 1 ? "1 class" : fmt::format("{} classes", classes), shape_text(network.specs()),
      counted(static_cast<std::int64_t>(parameters), "parameter"));
  if (config.validation > 0) {
    text += fmt::format("validation: {} held out\n", counted(config.validation, "training image"));
  }
  return parameters;
}

std::string so_far(const std::filesystem::path& directory) {
  std::optional<RunStatus> status;
  static_cast<void>(error_of([&] {
    constexpr std::size_t kMostBytes = 1 << 16;
    const auto bytes = read_file(directory / "run.status", kMostBytes);
    status = run_status_in({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }));
  if (!status) return "not begun";
  if (status->state == RunState::kDone) {
    return fmt::format("finished already, at step {}", grouped(status->step));
  }
  return fmt::format("goes on at step {} or a little before", grouped(status->step));
}

void look_at_directory(const RunConfig& config, std::size_t parameters, Findings& findings,
                       std::string& text) {
  text += fmt::format("run: {}: {}\n", printable_line(config.run_dir), so_far(config.run_dir));
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
  const GivenFields given = given_fields(options);
  const std::string directory = run_directory(options, given);
  const std::optional<RunConfig> stored = options.resume ? stored_config(directory) : std::nullopt;
  RunConfig config = stored ? resumed_config(*stored, given) : fresh_config(given);
  config.run_dir = directory;
  for (const std::string& doubt : recipe_doubts(given, config, std::nullopt)) {
    findings.warning("{}", doubt);
  }
  return config;
}

PlanReport check_plan(const LaunchOptions& options) {
  Findings findings;
  const RunConfig config = planned_config(options, findings);
  PlanReport report;
  std::size_t parameters = 0;
  const std::optional<Error> error =
      error_of([&] { parameters = look_at_data(config, findings, report.text); });
  if (error) findings.error("{}", error->what());
  report.text += fmt::format("micro-batches: {} of {} in a batch of {}\n",
                             config.batch_size / config.micro_batch.value, config.micro_batch.value,
                             config.batch_size);
  look_at_directory(config, parameters, findings, report.text);
  report.text += to_text(findings) + "\n";
  if (!findings.errors().empty()) report.exit_code = ExitCode::kUsage;
  return report;
}

}  // namespace tally
