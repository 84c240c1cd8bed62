// SPDX-License-Identifier: MIT
// tally-evaluate: the figures of a checkpoint on a labelled set.
#include "evaluation_report.hpp"
#include "model_loading.hpp"
#include "tally/core/thread_team.hpp"
#include "tally/data/data_directory.hpp"
#include "tally/data/split_reader.hpp"
#include "tool.hpp"
#include "trained_model.hpp"

namespace tally {
namespace {

struct EvaluateOptions {
  std::string model;
  std::string data;
  bool use_training_images = false;
  bool as_json = false;
  int threads = usable_cores();
};

ExitCode evaluate(const EvaluateOptions& options) {
  const TrainedModel model(load_with_warnings("tally-evaluate", options.model).state);
  const auto directory = data_directory(options.data);
  const Split split = options.use_training_images ? Split::kTrain : Split::kTest;
  const SplitFiles files = find_split_files(directory, split);
  const Dataset data = read_split(files, static_cast<int>(model.network().outputs()));
  model.require_image_size(data.rows, data.columns, files.images.string());

  LeafFigures figures = evaluate_leaves(model.network(), model.loss(), model.parameters(),
                                        {data.pixels, data.labels}, ThreadTeam(options.threads));
  const Evaluation evaluation =
      summarize(figures.losses, figures.confusion.samples(), figures.confusion.correct());
  fmt::print("{}", options.as_json ? json_report(evaluation, figures.confusion)
                                   : text_report(evaluation, figures.confusion));
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
  app.add_option("--data", options.data, "directory with IDX files")
      ->type_name("DIR")
      ->default_str("data/mnist, else data/digits");
  app.add_flag("--train", options.use_training_images, "the training images, not the test images");
  app.add_option("--threads", options.threads, "threads; the figures do not depend on them")
      ->check(CLI::Range(1, 4096))
      ->type_name("T")
      ->capture_default_str();
  app.add_flag("--json", options.as_json, "one JSON object");
  return tally::run_tool(app, argc, argv, [&] { return tally::evaluate(options); });
}
