// SPDX-License-Identifier: MIT
// tally-data: verifies, shows and makes data sets.
#include "common/threads_option.hpp"
#include "common/tool.hpp"
#include "data/images_to_idx.hpp"
#include "data/outliers_data.hpp"
#include "data/report.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

struct ShowOptions {
  std::string directory;
  std::int64_t index = 0;
  bool is_test = false;
};

ExitCode from_images(const ImagesToIdxOptions& options) {
  const ImagesToIdxResult result = images_to_idx(options);
  for (const std::string& line : result.unused) print_error("tally-data", line);
  fmt::print("{}: {} for training, {} for testing, {} not used\n", printable_line(options.target),
             counted(result.train_images, "image"), grouped(result.test_images),
             grouped(static_cast<std::int64_t>(result.unused.size())));
  return result.unused.empty() ? ExitCode::kDone : ExitCode::kFailure;
}

ExitCode outliers(OutliersDataOptions options) {
  options.threads = threads_of(options.threads);
  const OutliersDataResult result = make_outliers_data(options);
  fmt::print("{}: {} for training, {} for testing; class {} is no digit\n",
             printable_line(options.target), counted(result.train_images, "image"),
             grouped(result.test_images), result.outlier_class);
  return ExitCode::kDone;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  CLI::App app("Verifies, shows and makes data sets in IDX files.", "tally-data");
  app.require_subcommand(1);

  std::string directory;
  CLI::App* verify = app.add_subcommand("verify", "read all four files to their last byte");
  verify->add_option("directory", directory, "directory of the four IDX files")
      ->required()
      ->type_name("DIR");

  tally::ShowOptions shown;
  CLI::App* show = app.add_subcommand("show", "draw one image with its label");
  show->add_option("directory", shown.directory, "directory of the IDX files")
      ->required()
      ->type_name("DIR");
  show->add_option("index", shown.index, "number of the image, from 0")
      ->required()
      ->type_name("INDEX");
  show->add_flag("--test", shown.is_test, "show a test image, not a training image");

  tally::ImagesToIdxOptions images;
  CLI::App* from = app.add_subcommand("from-images", "make IDX files from drawings");
  from->add_option("source", images.source,
                   "a directory with a folder of PNG or JPEG files per class, named 0, 1, ...; or, "
                   "with --cell or --grid, one sheet of many drawings")
      ->required()
      ->type_name("SOURCE");
  from->add_option("--out", images.target, "directory to write the four files into")
      ->required()
      ->type_name("DIR");
  tally::SheetLayout& sheet = images.sheet;
  from->add_option("--cell", sheet.cell, "size of a sheet's cells in pixels, such as 20x20")
      ->type_name("WxH");
  from->add_option("--grid", sheet.grid, "or the number of cells across and down, such as 10x6")
      ->type_name("CxR");
  from->add_option("--labels", sheet.labels,
                   "classes of the cells from the top left, repeated: 0123456789 for ten "
                   "columns, or 10,11,12; - leaves a cell out")
      ->type_name("LABELS");
  from->add_option("--classes", sheet.classes,
                   "without --labels: number of classes on a sheet, each with the same number of "
                   "cells, one class after the other")
      ->check(tally::number_between(2, 256))
      ->capture_default_str()
      ->type_name("N");
  from->add_option("--margin", sheet.margin_percent,
                   "per cent of a cell to cut off at each side, where a form has ruled lines")
      ->check(tally::number_between(0, 40))
      ->capture_default_str()
      ->type_name("P");
  from->add_option("--test-per-class", images.test_per_class,
                   "use the last N of each class for testing; by default, a fifth of them")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");

  tally::OutliersDataOptions outliers_options;
  CLI::App* outliers =
      app.add_subcommand("outliers", "make IDX files to train a network that detects non-digits");
  outliers
      ->add_option("digits", outliers_options.digits, "directory of a data set of 28 x 28 images")
      ->required()
      ->type_name("DIR");
  outliers->add_option("--out", outliers_options.target, "directory to write the four files into")
      ->required()
      ->type_name("DIR");
  outliers
      ->add_option("--variants", outliers_options.variants, "bent copies of each training image")
      ->check(tally::number_between(0, 10))
      ->capture_default_str()
      ->type_name("N");
  outliers
      ->add_option("--seed", outliers_options.seed,
                   "seed of the variants and of the other drawings")
      ->capture_default_str()
      ->type_name("N");
  tally::add_threads_option(*outliers, outliers_options.threads,
                            "threads; the files do not depend on them");

  return tally::run_tool(app, argc, argv, [&] {
    if (*outliers) return tally::outliers(outliers_options);
    if (*verify) {
      fmt::print("{}", tally::verify_data(directory));
      return tally::ExitCode::kDone;
    }
    if (*show) {
      fmt::print("{}", tally::show_image(shown.directory, shown.index, shown.is_test));
      return tally::ExitCode::kDone;
    }
    return tally::from_images(images);
  });
}
