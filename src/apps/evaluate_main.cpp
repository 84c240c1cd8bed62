// SPDX-License-Identifier: MIT
// tally-evaluate: the figures of a checkpoint on a labelled set.
#include "calibrate.hpp"
#include "evaluation_report.hpp"
#include "misclassified_sheet.hpp"
#include "model_loading.hpp"
#include "png_file.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/data/dataset.hpp"
#include "tally/data/split_reader.hpp"
#include "tally/io/checkpoint.hpp"
#include "tally/io/posix_file.hpp"
#include "tally/nn/calibration.hpp"
#include "threads_option.hpp"
#include "tool.hpp"
#include "trained_model.hpp"

namespace tally {
namespace {

struct EvaluateOptions {
  std::string model;
  std::string data;
  std::string calibrated;
  std::string others;
  std::string misclassified;
  bool use_training_images = false;
  bool as_json = false;
  int threads = 0;  ///< of the option
};

/// Of the model's outputs for labelled images; leaves its probabilities in `probabilities`.
CalibrationFigures calibration_figures(const TrainedModel& model, ConstMatrixView outputs,
                                       std::span<const std::uint8_t> labels,
                                       MatrixView probabilities) {
  CalibrationFigures figures;
  model.loss().probabilities(outputs, probabilities);
  figures.error = calibration_error(read_only(probabilities), labels);
  if (!model.calibration()) return figures;
  model.probabilities(outputs, probabilities);
  figures.temperature = model.calibration()->temperature;
  figures.calibrated_error = calibration_error(read_only(probabilities), labels);
  return figures;
}

/// Calibrates the model and writes it as a file of its own.
TrainedModel calibrated(const TrainedModel& model, const EvaluateOptions& options,
                        const std::filesystem::path& directory, const ThreadTeam& team) {
  std::error_code unknown;
  require(!std::filesystem::exists(options.calibrated, unknown), ExitCode::kUsage,
          "{}: exists already; choose another name for the calibrated model, or remove it",
          options.calibrated);
  std::optional<OthersNetwork> others;
  if (model.calibration()) others = model.calibration()->others;
  if (!options.others.empty()) {
    const LoadedCheckpoint loaded = load_with_warnings("tally-evaluate", options.others);
    others = others_network(loaded.state, model, options.others);
  }
  Calibration calibration = calibrate(model, options.model, directory, team);
  calibration.others = std::move(others);
  const std::string warning =
      publish_file(options.calibrated, encode_checkpoint(model.state(), calibration), [] {});
  if (!warning.empty()) print_warning("tally-evaluate", warning);
  return TrainedModel(model.state(), calibration);
}

ExitCode evaluate(const EvaluateOptions& options) {
  const ThreadTeam team(threads_of(options.threads));
  LoadedCheckpoint loaded = load_with_warnings("tally-evaluate", options.model);
  TrainedModel model(std::move(loaded.state), std::move(loaded.calibration));
  const auto directory = data_directory(options.data);
  if (!options.calibrated.empty()) model = calibrated(model, options, directory, team);
  const Split split = options.use_training_images ? Split::kTrain : Split::kTest;
  const SplitFiles files = find_split_files(directory, split);
  const SplitReader header(files);  // before images of any size are unpacked
  model.require_images({header.rows(), header.columns(), header.channels()}, files.images.string());
  const Dataset data = read_split(files, static_cast<int>(model.network().outputs()));

  const auto rows = static_cast<Index>(data.labels.size());
  const Index classes = model.network().outputs();
  AlignedVector outputs(static_cast<std::size_t>(rows * classes));
  ChunkFigures figures = Evaluator(model.network(), model.loss(), team)
                             .evaluate(model.parameters(), {data.pixels, data.labels}, outputs);
  TrainedModel::require_finite(outputs, options.model);
  AlignedVector room(outputs.size());
  const MatrixView probabilities = matrix_view(room.data(), rows, classes);
  const EvaluationReport report{
      summarize(figures.losses, figures.confusion.samples(), figures.confusion.correct()),
      figures.confusion,
      calibration_figures(model, matrix_view(std::as_const(outputs).data(), rows, classes),
                          data.labels, probabilities)};
  if (!options.misclassified.empty()) {
    write_png(options.misclassified, misclassified_sheet(data, read_only(probabilities)));
  }
  fmt::print("{}", options.as_json ? json_report(report) : text_report(report));
  return ExitCode::kDone;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app("Evaluates a checkpoint on labelled images.", "tally-evaluate");
  tally::EvaluateOptions options;
  app.add_option("model", options.model, "a checkpoint, or a run directory (its newest)")
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
         "--others", options.others,
         "also store in it a network that detects non-digits, trained on data of tally-data "
         "others")
      ->needs(calibrate)
      ->type_name("MODEL");
  app.add_option("--misclassified", options.misclassified,
                 "write a sheet of the misclassified images, with label, answer and number")
      ->type_name("FILE.png");
  app.add_flag("--json", options.as_json, "print one JSON object");
  return tally::run_tool(app, argc, argv, [&] { return tally::evaluate(options); });
}
