// SPDX-License-Identifier: MIT
#include "predict/prediction_sheet.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "predict/page_picture.hpp"

namespace tally {
namespace {

constexpr int kMargin = 16;
constexpr int kPictureSide = PagePicture::kSide;
constexpr int kBarWidth = 150;
constexpr int kBarPitch = 17;
constexpr int kTextHeight = 11;
constexpr int kHeadHeight = 24;
constexpr int kStripWidth = 2 * kPictureSide + kBarWidth + 72 + 3 * kMargin;
constexpr int kStripHeight = kHeadHeight + kPictureSide + 2 * kMargin;
constexpr std::uint8_t kPale = 225;
constexpr std::uint8_t kDark = 40;
constexpr std::uint8_t kGrey = 150;

std::string answer_text(const Prediction& prediction) {
  switch (prediction.status) {
    case PredictionStatus::kOk:
      return fmt::format("{}", prediction.top.front().label);
    case PredictionStatus::kUnsure:
      return fmt::format("unsure; perhaps {}", prediction.top.front().label);
    case PredictionStatus::kNoInk:
      return "no digit";
    case PredictionStatus::kError:
      break;
  }
  return "error";
}

void draw_head(Canvas& canvas, int x, int y, const Prediction& prediction) {
  const std::string answer = answer_text(prediction);
  const int width = kStripWidth - Canvas::text_width(answer, kTextHeight) - 2 * kMargin;
  canvas.text(x, y, shortened(prediction.file, kTextHeight, width), kTextHeight);
  canvas.text(x + kStripWidth - Canvas::text_width(answer, kTextHeight), y, answer, kTextHeight);
}

// At most so many classes have room; the most probable ones are shown if there are more.
std::vector<ClassProbability> shown_classes(const Prediction& prediction) {
  std::vector<ClassProbability> classes = prediction.classes;
  classes.resize(std::min<std::size_t>(classes.size(), kPictureSide / kBarPitch + 1));
  std::ranges::sort(classes, {}, &ClassProbability::label);
  return classes;
}

void draw_bars(Canvas& canvas, int x, int y, const Prediction& prediction) {
  for (const ClassProbability& entry : shown_classes(prediction)) {
    const bool is_answer = entry.label == prediction.classes.front().label;
    const int length = static_cast<int>(std::lround(kBarWidth * entry.probability));
    canvas.text(x, y + 1, fmt::format("{}", entry.label), kTextHeight);
    canvas.fill({x + 20, y, kBarWidth, kBarPitch - 4}, kPale);
    if (length > 0) {
      canvas.fill({x + 20, y, length, kBarPitch - 4}, is_answer ? kDark : kGrey);
    }
    canvas.text(x + kBarWidth + 26, y + 1, fmt::format("{:.1f}", 100 * entry.probability),
                kTextHeight);
    y += kBarPitch;
  }
}

void draw_strip(Canvas& canvas, int x, int y, const ShownPrediction& shown) {
  const Prediction& prediction = shown.prediction;
  draw_head(canvas, x, y, prediction);
  y += kHeadHeight;
  int width = kStripWidth;
  if (shown.picture.width > 0) {
    canvas.frame(canvas.picture(shown.picture, {x, y, kPictureSide, kPictureSide}));
    x += kPictureSide + kMargin;
    width -= kPictureSide + kMargin;
  }
  if (!prediction.has_digit()) {
    canvas.text(x, y + kPictureSide / 2, shortened(prediction.message, kTextHeight, width),
                kTextHeight);
    return;
  }
  canvas.picture(prediction.digit, {x, y, kPictureSide, kPictureSide});
  draw_bars(canvas, x + kPictureSide + kMargin, y, prediction);
}

}  // namespace

GreyImage prediction_sheet(const std::vector<ShownPrediction>& predictions, std::size_t more) {
  const auto strips = static_cast<int>(predictions.size());
  // About as high as wide.
  const int columns = std::max(1, static_cast<int>(std::lround(std::sqrt(
                                      strips * static_cast<double>(kStripHeight) / kStripWidth))));
  const int rows = (strips + columns - 1) / columns;
  Canvas canvas(columns * (kStripWidth + 2 * kMargin),
                rows * kStripHeight + kMargin + (more > 0 ? kHeadHeight : 0));
  for (int i = 0; i < strips; ++i) {
    draw_strip(canvas, (i % columns) * (kStripWidth + 2 * kMargin) + kMargin,
               (i / columns) * kStripHeight + kMargin, predictions[static_cast<std::size_t>(i)]);
  }
  if (more > 0) {
    canvas.text(kMargin, rows * kStripHeight + kMargin, fmt::format("and {} more", more),
                kTextHeight);
  }
  return canvas.image();
}

}  // namespace tally
