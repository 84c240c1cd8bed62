// SPDX-License-Identifier: MIT
// tally-predict: classifies a person's own drawings.
#include <unistd.h>

#include "common/json_line.hpp"
#include "common/model_argument.hpp"
#include "common/png_file.hpp"
#include "common/prediction_line.hpp"
#include "common/threads_option.hpp"
#include "common/tool.hpp"
#include "predict/predict_in_order.hpp"
#include "predict/prediction_sheet.hpp"
#include "predict/terminal_view.hpp"
#include "serve/drawing_server.hpp"
#include "serve/options.hpp"

namespace tally {
namespace {

struct PredictOptions {
  std::string model;
  std::vector<std::string> images;
  PredictorOptions predictor;
  PageViews views;
  serve::ServerOptions page{.port = 8080};
  bool is_served = false;
  std::string sheet;
  bool as_json = false;
  bool is_terminal = false;
  int threads = 0;  ///< of the option
};

void print(const Prediction& prediction, const PredictOptions& options) {
  if (options.as_json) {
    fmt::print("{}\n", json_line(to_json(prediction)));
  } else if (prediction.status == PredictionStatus::kError) {
    print_error("tally-predict", prediction.message);
  } else {
    fmt::print("{}\n{}", printable_line(text_line(prediction)),
               options.is_terminal ? terminal_view(prediction) : "");
  }
}

/// What the sheet will show: not all of what may be thousands of answers.
struct SheetContents {
  std::vector<ShownPrediction> strips;
  std::size_t more = 0;

  void add(const ShownPrediction& prediction) {
    if (strips.size() < kMostStrips) {
      strips.push_back(prediction);
    } else {
      ++more;
    }
  }
};

// Images that cannot be read do not stop the others.
ExitCode predict_images(const TrainedModel& model, const PredictOptions& options) {
  ExitCode exit_code = ExitCode::kDone;
  SheetContents sheet;
  predict_in_order(model, options.model, options.images,
                   {options.predictor, options.views, threads_of(options.threads)},
                   [&](const ShownPrediction& shown) {
                     if (shown.prediction.status == PredictionStatus::kError) {
                       exit_code = ExitCode::kFailure;
                     }
                     print(shown.prediction, options);
                     if (options.views.keeps_pictures) sheet.add(shown);
                   });
  if (!options.sheet.empty()) write_png(options.sheet, prediction_sheet(sheet.strips, sheet.more));
  return exit_code;
}

ExitCode predict(const PredictOptions& options) {
  require(options.images.empty() == options.is_served, ExitCode::kUsage,
          "expected images, or --serve, but not both; see --help");
  const TrainedModel model(load_with_warnings("tally-predict", options.model));
  if (!options.is_served) return predict_images(model, options);
  serve_drawings(model, options.model,
                 {options.predictor, options.views.stages_directory, options.page});
  return ExitCode::kDone;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app("Classifies drawings of digits (PNG or JPEG).", "tally-predict");
  tally::PredictOptions options;
  app.add_option("model", options.model, "a checkpoint, or a run directory (its newest)")
      ->required()
      ->type_name("MODEL");
  app.add_option("images", options.images, "drawings")->type_name("IMAGE...");
  app.add_option("--top", options.predictor.top_count, "how many classes to name")
      ->check(tally::number_between(1, 256))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--stages", options.views.stages_directory,
                 "write each step of the preparation as PNG into this directory")
      ->type_name("DIR");
  app.add_option("--sheet", options.sheet,
                 "write a picture of all pages, boxes, 28 x 28 images and probabilities")
      ->type_name("FILE.png");
  app.add_option("--reject", options.predictor.least_probability,
                 "answer unsure if the most probable class is less probable than P (0..1)")
      ->check(tally::number_between(0.0, 1.0))
      ->type_name("P");
  app.add_flag("--segment", options.predictor.is_segmented,
               "a page may have several digits: one answer for each, in reading order");
  tally::add_threads_option(app, options.threads, "threads; answers and their order stay the same");
  app.add_flag("--json", options.as_json,
               "print one line of JSON per image; with --segment, per digit");
  const CLI::Option* serve =
      app.add_option("--serve", options.page.port,
                     "instead, serve a page to draw on, at this port; 0: any free port")
          ->expected(0, 1)
          ->check(tally::number_between(0, 65535))
          ->type_name("[PORT]")
          ->capture_default_str();
  tally::serve::add_server_options(app, options.page);
  return tally::run_tool(app, argc, argv, [&] {
    options.is_served = serve->count() > 0;
    options.is_terminal = isatty(STDOUT_FILENO) != 0;
    options.views.keeps_pictures = !options.sheet.empty();
    return tally::predict(options);
  });
}
