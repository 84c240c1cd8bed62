// SPDX-License-Identifier: MIT
#include "predict/shown_prediction.hpp"

#include <cmath>
#include <utility>

#include "common/stage_files.hpp"
#include "tally/image/canvas.hpp"

namespace tally {
namespace {

GreyImage picture_of(const GreyImage& page, const Box& box) {
  Canvas canvas(kPagePictureSide, kPagePictureSide);
  const Box place = canvas.picture(page, canvas.image().box());
  if (box.width > 0) {
    const double scale = static_cast<double>(place.width) / page.width;
    const auto scaled = [scale](int length) {
      return static_cast<int>(std::lround(scale * length));
    };
    canvas.frame(
        {place.x + scaled(box.x), place.y + scaled(box.y), scaled(box.width), scaled(box.height)});
  }
  return cropped(canvas.image(), place);
}

/// One for each answer.
std::vector<GreyImage> pictures_of(const GreyImage& page, const PreparedPage& prepared) {
  if (prepared.digits.empty()) return {picture_of(page, {})};
  std::vector<GreyImage> pictures;
  for (const PreparedDigit& digit : prepared.digits)
    pictures.push_back(picture_of(page, digit.box));
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
