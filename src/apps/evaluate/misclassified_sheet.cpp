// SPDX-License-Identifier: MIT
#include "evaluate/misclassified_sheet.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tally/core/text.hpp"
#include "tally/image/canvas.hpp"
#include "tally/image/channels.hpp"

namespace tally {
namespace {

constexpr int kMargin = 12;
constexpr int kPictureSide = 84;
constexpr int kTextHeight = 9;
constexpr int kLineHeight = 15;
constexpr int kColumns = 10;
constexpr int kCellWidth = kPictureSide + 2 * kMargin;
constexpr int kCellHeight = kPictureSide + 2 * kLineHeight + 2 * kMargin;
constexpr int kHeadHeight = 28;

std::vector<Index> misclassified(const Dataset& data, ConstMatrixView probabilities) {
  std::vector<Index> rows;
  for (Index row = 0; row < probabilities.rows(); ++row) {
    Index answer = 0;
    probabilities.row(row).maxCoeff(&answer);
    if (answer != data.labels[static_cast<std::size_t>(row)]) rows.push_back(row);
  }
  return rows;
}

GreyImage image_of(const Dataset& data, Index row) {
  const std::int64_t values = data.rows * data.columns * data.channels;
  return grey_image(std::span(data.pixels).subspan(row * values, values), data.rows, data.columns);
}

void draw_cell(Canvas& canvas, int x, int y, const Dataset& data, ConstMatrixView probabilities,
               Index row) {
  Index answer = 0;
  const double probability = probabilities.row(row).maxCoeff(&answer);
  canvas.picture(image_of(data, row), {x, y, kPictureSide, kPictureSide});
  y += kPictureSide + 6;
  canvas.text(x, y,
              fmt::format("{} as {}, {:.0f} %", data.labels[static_cast<std::size_t>(row)], answer,
                          100 * probability),
              kTextHeight);
  canvas.text(x, y + kLineHeight, fmt::format("no. {}", row), kTextHeight);
}

}  // namespace

GreyImage misclassified_sheet(const Dataset& data, ConstMatrixView probabilities) {
  const std::vector<Index> wrong = misclassified(data, probabilities);
  const auto shown = static_cast<int>(std::min(wrong.size(), kMostMisclassified));
  const int rows = (shown + kColumns - 1) / kColumns;
  Canvas canvas(kColumns * kCellWidth + kMargin, rows * kCellHeight + kHeadHeight + kMargin);
  std::string head =
      fmt::format("{} of {} misclassified: label, answer and its probability, number",
                  grouped(static_cast<std::int64_t>(wrong.size())),
                  grouped(static_cast<std::int64_t>(data.labels.size())));
  if (wrong.size() > kMostMisclassified) head += fmt::format("; the first {}", shown);
  canvas.text(kMargin, kMargin, head, kTextHeight + 2);
  for (int i = 0; i < shown; ++i) {
    draw_cell(canvas, (i % kColumns) * kCellWidth + kMargin,
              (i / kColumns) * kCellHeight + kHeadHeight + kMargin, data, probabilities,
              wrong[static_cast<std::size_t>(i)]);
  }
  return canvas.image();
}

}  // namespace tally
