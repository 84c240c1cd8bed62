// SPDX-License-Identifier: MIT
#include "predictor.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "tally/core/error.hpp"
#include "tally/image/decode.hpp"
#include "tally/image/png_codec.hpp"
#include "tally/nn/pixels.hpp"

namespace tally {
namespace {

namespace fs = std::filesystem;

void write_stages(const std::string& file, const GreyImage& page, const Preparation& preparation,
                  const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  for (const Stage& stage : stages(page, preparation)) {
    const fs::path path =
        directory / fmt::format("{}-{}.png", fs::path(file).filename().string(), stage.name);
    const std::vector<std::byte> png = encode_png(*stage.image);
    std::ofstream stream(path, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(png.data()),
                 static_cast<std::streamsize>(png.size()));
    if (stream.flush().good()) continue;
    fail(ExitCode::kFailure, "{}: cannot be written: {}", path.string(), system_error_text(errno));
  }
}

}  // namespace

Predictor::Predictor(const TrainedModel& model, const std::string& name)
    : model_(model), workspace_(model.network(), 1) {
  model.require_image_size(kDigitSide, kDigitSide, "drawings for " + name);
}

Prediction Predictor::predict(const std::string& file, int top_count,
                              const std::string& stages_directory) {
  Prediction prediction;
  prediction.file = file;
  GreyImage page;
  try {
    page = read_image(file);
  } catch (const Error& error) {
    prediction.message = error.what();
    return prediction;
  }
  const std::optional<Preparation> preparation = prepare_digit(page);
  if (!preparation) {
    prediction.status = PredictionStatus::kNoInk;
    prediction.message = "the page is blank, of one tone, or has only noise on it";
    return prediction;
  }
  try {
    if (!stages_directory.empty()) write_stages(file, page, *preparation, stages_directory);
  } catch (const Error& error) {
    prediction.message = error.what();
    return prediction;
  }
  prediction.status = PredictionStatus::kOk;
  prediction.top = classify(preparation->digit, top_count);
  prediction.box = preparation->box;
  return prediction;
}

std::vector<ClassProbability> Predictor::classify(const GreyImage& digit, int top_count) {
  scale_pixels(digit.pixels, workspace_.inputs(1).data());
  const ConstMatrixView outputs = model_.network().forward(model_.parameters(), workspace_, 1);
  const MatrixView probabilities = workspace_.grad_outputs(1);
  model_.loss().probabilities(outputs, probabilities);
  std::vector<ClassProbability> classes;
  for (Index label = 0; label < probabilities.cols(); ++label) {
    classes.push_back({static_cast<int>(label), probabilities(0, label)});
  }
  std::ranges::stable_sort(classes, std::greater{}, &ClassProbability::probability);
  classes.resize(std::min(classes.size(), static_cast<std::size_t>(top_count)));
  return classes;
}

}  // namespace tally
