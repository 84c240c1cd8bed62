// SPDX-License-Identifier: MIT
// tally-evaluate: the figures of a checkpoint, or of the vote of several, on a labelled set.
#include "common/model_argument.hpp"
#include "common/png_file.hpp"
#include "common/threads_option.hpp"
#include "common/tool.hpp"
#include "evaluate/held_out.hpp"
#include "evaluate/misclassified_sheet.hpp"
#include "evaluate/report.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/data/dataset.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/io/checkpoint.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/model/model_calibration.hpp"
#include "tally/model/model_evaluation.hpp"
#include "tally/model/vote.hpp"

namespace tally {
namespace {

struct EvaluateOptions {
  std::vector<std::string> models;
  std::string data;
  std::string calibrated;
  std::string outliers;
  std::string misclassified;
  bool use_training_images = false;
  bool as_json = false;
  int threads = 0;  ///< of the option
};

/// Calibrates the model and writes it as a file of its own.
TrainedModel calibrated(const TrainedModel& model, const EvaluateOptions& options,
                        const std::filesystem::path& directory, const ThreadTeam& team) {
  std::error_code unknown;
  require(!std::filesystem::exists(options.calibrated, unknown), ExitCode::kUsage,
          "{}: exists already; choose another name for the calibrated model, or remove it",
          options.calibrated);
  std::optional<OutlierNetwork> outliers;
  if (model.calibration()) outliers = model.calibration()->outliers;
  if (!options.outliers.empty()) {
    const LoadedCheckpoint loaded = load_with_warnings("tally-evaluate", options.outliers);
    outliers = outlier_network(loaded.state, model, options.outliers);
  }
  const std::string& name = options.models.front();
  const Dataset held_out = held_out_images(model, name, directory).data;
  Calibration calibration = calibrate(model, name, {held_out.pixels, held_out.labels}, team);
  calibration.outliers = std::move(outliers);
  const std::string warning =
      publish_file(options.calibrated, encode_checkpoint(model.state(), calibration), [] {});
  if (!warning.empty()) print_warning("tally-evaluate", warning);
  return TrainedModel(model.state(), calibration);
}

/// The vote of the models on `data`, of whose images `shape` is. `first` is what the first of them
/// answers; adds what each of them is by itself to `voters`.
ModelEvaluation vote(const std::vector<std::string>& models, const ModelEvaluation& first,
                     const Dataset& data, Shape shape, const ThreadTeam& team,
                     std::vector<Voter>& voters) {
  const std::int64_t classes = first.confusion.classes();
  Vote vote(data.labels, classes);
  const auto add = [&](const std::string& name, const ModelEvaluation& figures) {
    vote.add(figures);
    voters.push_back({name, figures.evaluation});
  };
  add(models.front(), first);
  for (std::size_t i = 1; i < models.size(); ++i) {
    const std::string& name = models[i];
    const TrainedModel model(load_with_warnings("tally-evaluate", name));
    model.require_images(shape, name);
    require(model.network().outputs() == classes, ExitCode::kUsage,
            "{}: expected a model of {} classes, as {} is, got {}", name, classes, models.front(),
            model.network().outputs());
    add(name, evaluate(model, name, {data.pixels, data.labels}, team));
  }
  return vote.figures();
}

ExitCode report(const EvaluateOptions& options) {
  const std::string& name = options.models.front();
  require(options.models.size() == 1 || options.calibrated.empty(), ExitCode::kUsage,
          "--calibrate: expected one model, got {}", options.models.size());
  const ThreadTeam team(threads_of(options.threads));
  TrainedModel model(load_with_warnings("tally-evaluate", name));
  const auto directory = data_directory(options.data);
  if (!options.calibrated.empty()) model = calibrated(model, options, directory, team);
  const Split split = options.use_training_images ? Split::kTrain : Split::kTest;
  const SplitFiles files = find_split_files(directory, split);
  const SplitReader header(files);  // before images of any size are unpacked
  const Shape shape{header.rows(), header.columns(), header.channels()};
  model.require_images(shape, files.images.string());
  const Dataset data = read_split(files, static_cast<int>(model.network().outputs()));

  ModelEvaluation figures = evaluate(model, name, {data.pixels, data.labels}, team);
  std::vector<Voter> voters;
  if (options.models.size() > 1) {
    figures = vote(options.models, figures, data, shape, team, voters);
  }
  if (!options.misclassified.empty()) {
    const auto rows = static_cast<Index>(data.labels.size());
    write_png(options.misclassified,
              misclassified_sheet(data, matrix_view(std::as_const(figures.probabilities).data(),
                                                    rows, model.network().outputs())));
  }
  fmt::print("{}", options.as_json ? json_report(figures, voters) : text_report(figures, voters));
  return ExitCode::kDone;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app(
      "Evaluates a checkpoint on labelled images, or several together, by the mean of their "
      "probabilities.",
      "tally-evaluate");
  tally::EvaluateOptions options;
  app.add_option("model", options.models,
                 "a checkpoint, or a run directory (its newest); several vote")
      ->required()
      ->type_name("MODEL");
  app.add_option("--data", options.data, "directory of the IDX files")
      ->type_name("DIR")
      ->default_str("data/mnist, else data/digits");
  app.add_flag("--train", options.use_training_images,
               "evaluate the training images, not the test images");
  tally::add_threads_option(app, options.threads, "threads; the figures do not depend on them");
  CLI::Option* calibrate =
      app.add_option("--calibrate", options.calibrated,
                     "fit the probabilities to the validation images of the model's run and write "
                     "the calibrated model")
          ->type_name("OUT.h5");
  app.add_option(
         "--outliers", options.outliers,
         "also store in it a network that detects non-digits, trained on data of tally-data "
         "outliers")
      ->needs(calibrate)
      ->type_name("MODEL");
  app.add_option("--misclassified", options.misclassified,
                 "write a sheet of the misclassified images, with label, answer and number")
      ->type_name("FILE.png");
  app.add_flag("--json", options.as_json, "print one JSON object");
  return tally::run_tool(app, argc, argv, [&] { return tally::report(options); });
}
