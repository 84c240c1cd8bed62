// SPDX-License-Identifier: MIT
// tally-data: verifies, shows and makes data sets.
#include "common/threads_option.hpp"
#include "common/tool.hpp"
#include "data/augmented_sheet.hpp"
#include "data/images_to_idx.hpp"
#include "data/outliers_data.hpp"
#include "data/report.hpp"
#include "tally/core/text.hpp"
#include "tally/core/whole_file.hpp"
#include "tally/image/png_codec.hpp"
#include "tally/state/config_text.hpp"

namespace tally {
namespace {

struct ShowOptions {
  std::string directory;
  std::int64_t index = 0;
  bool is_test = false;
  std::string augment;
  std::string sheet;
  double strength = 1;
  std::uint64_t seed = 1;
};

ExitCode show(const ShowOptions& options) {
  if (options.sheet.empty()) {
    fmt::print("{}", show_image(options.directory, options.index, options.is_test));
    return ExitCode::kDone;
  }
  AugmentedSheetOptions sheet{{}, options.strength, options.seed, options.index};
  from_text({Field{"augment", "SPEC", augment_help()}, "--augment", options.augment},
            sheet.distortions);
  const Split split = options.is_test ? Split::kTest : Split::kTrain;
  const std::vector<std::byte> png =
      encode_png(augmented_sheet(find_split_files(options.directory, split), sheet));
  WholeFile file(options.sheet);
  file.write(png);
  file.publish();
  return ExitCode::kDone;
}

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
  CLI::App* show = app.add_subcommand(
      "show", "draw one image with its label, or a sheet of augmented copies of some");
  show->add_option("directory", shown.directory, "directory of the IDX files")
      ->required()
      ->type_name("DIR");
  show->add_option("index", shown.index, "number of the image, or of the first one, from 0")
      ->capture_default_str()
      ->type_name("INDEX");
  show->add_flag("--test", shown.is_test, "show a test image, not a training image");
  CLI::Option* augment =
      show->add_option("--augment", shown.augment,
                       "what tally-train --augment does: " + std::string(tally::augment_help()))
          ->type_name("SPEC");
  CLI::Option* file =
      show->add_option("--sheet", shown.sheet, "write the sheet: images, and copies of them")
          ->needs(augment)
          ->type_name("FILE.png");
  augment->needs(file);
  show->add_option("--augment-strength", shown.strength, "how strong, from 0 to 2")
      ->needs(augment)
      ->check(tally::number_between(0.0, 2.0))
      ->capture_default_str()
      ->type_name("X");
  show->add_option("--seed", shown.seed, "seed of the run whose copies are drawn")
      ->needs(augment)
      ->capture_default_str()
      ->type_name("N");

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
    if (*show) return tally::show(shown);
    return tally::from_images(images);
  });
}
