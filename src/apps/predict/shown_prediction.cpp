// SPDX-License-Identifier: MIT
#include "predict/shown_prediction.hpp"

#include <utility>

#include "common/stage_files.hpp"
#include "predict/page_picture.hpp"

namespace tally {
namespace {

/// One for each answer.
std::vector<GreyImage> pictures_of(const GreyImage& page, const PreparedPage& prepared) {
  const PagePicture picture(page);
  if (prepared.digits.empty()) return {picture.with_frame({})};
  std::vector<GreyImage> pictures;
  for (const PreparedDigit& digit : prepared.digits) {
    pictures.push_back(picture.with_frame(digit.box));
  }
  return pictures;
}

}  // namespace

std::vector<ShownPrediction> predict_and_show(Predictor& predictor, const std::string& file,
                                              const std::string& stages_name,
                                              const PageViews& views) {
  const bool has_stages = !views.stages_directory.empty();
  std::vector<GreyImage> pictures;
  const auto view = [&](const GreyImage& page, const PreparedPage& prepared) {
    if (has_stages) write_stages(views.stages_directory, stages_name, page, prepared);
    if (views.keeps_pictures) pictures = pictures_of(page, prepared);
  };
  const bool is_viewed = has_stages || views.keeps_pictures;
  std::vector<ShownPrediction> shown;
  for (Prediction& prediction : predictor.predict(file, is_viewed ? PageViewer(view) : nullptr)) {
    const bool has_picture =
        prediction.status != PredictionStatus::kError && shown.size() < pictures.size();
    GreyImage picture = has_picture ? std::move(pictures[shown.size()]) : GreyImage();
    shown.push_back({std::move(prediction), std::move(picture)});
  }
  return shown;
}

}  // namespace tally
