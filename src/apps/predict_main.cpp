// SPDX-License-Identifier: MIT
// tally-predict: classifies a person's own drawings.
#include "model_loading.hpp"
#include "predictor.hpp"
#include "tool.hpp"

namespace tally {
namespace {

struct PredictOptions {
  std::string model;
  std::vector<std::string> images;
  std::string stages_directory;
  int top_count = 3;
  bool as_json = false;
};

// Images that cannot be read do not stop the others.
ExitCode predict(const PredictOptions& options) {
  const TrainedModel model(load_with_warnings("tally-predict", options.model).state);
  Predictor predictor(model, options.model);
  ExitCode exit_code = ExitCode::kDone;
  for (const std::string& image : options.images) {
    const Prediction prediction =
        predictor.predict(image, options.top_count, options.stages_directory);
    const bool is_error = prediction.status == PredictionStatus::kError;
    if (is_error) exit_code = ExitCode::kFailure;
    if (options.as_json) {
      fmt::print("{}\n", json_line(prediction));
    } else if (is_error) {
      print_error("tally-predict", prediction.message);
    } else {
      fmt::print("{}\n", text_line(prediction));
    }
  }
  return exit_code;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app("Classifies drawings of single digits (PNG or JPEG).", "tally-predict");
  tally::PredictOptions options;
  app.add_option("model", options.model, "a checkpoint, or a run directory (its newest)")
      ->required()
      ->type_name("MODEL");
  app.add_option("images", options.images, "drawings")->required()->type_name("IMAGE...");
  app.add_option("--top", options.top_count, "how many classes to name")
      ->check(CLI::Range(1, 256))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--stages", options.stages_directory,
                 "write each step of the preparation as PNG into this directory")
      ->type_name("DIR");
  app.add_flag("--json", options.as_json, "one JSON object per image and line");
  return tally::run_tool(app, argc, argv, [&] { return tally::predict(options); });
}
