// SPDX-License-Identifier: MIT
#include "tally/image/canvas.hpp"

#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "opencv_view.hpp"

namespace tally {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kFontHeight = 21;  // of its capitals, at scale 1

cv::Rect rectangle(const Box& box) {
  return {box.x, box.y, box.width, box.height};
}

Box fitted(const GreyImage& picture, const Box& place) {
  const double scale = std::min(static_cast<double>(place.width) / picture.width,
                                static_cast<double>(place.height) / picture.height);
  const int width = std::clamp(cvRound(scale * picture.width), 1, place.width);
  const int height = std::clamp(cvRound(scale * picture.height), 1, place.height);
  return {place.x + (place.width - width) / 2, place.y + (place.height - height) / 2, width,
          height};
}

}  // namespace

Canvas::Canvas(int width, int height) : image_(width, height, 255) {}

Box Canvas::picture(const GreyImage& picture, const Box& place) {
  const Box box = fitted(picture, place);
  const bool shrinks = box.width < picture.width || box.height < picture.height;
  cv::Mat scaled;
  cv::resize(view_of(picture), scaled, {box.width, box.height}, 0, 0,
             shrinks ? cv::INTER_AREA : cv::INTER_NEAREST);
  const cv::Rect seen = rectangle(box) & rectangle(image_.box());
  if (seen.empty()) return box;
  scaled(seen - cv::Point(box.x, box.y)).copyTo(view_of(image_)(seen));
  return box;
}

void Canvas::fill(const Box& box, std::uint8_t value) {
  cv::rectangle(view_of(image_), rectangle(box), value, cv::FILLED);
}

void Canvas::frame(const Box& box) {
  const Box far = {-2, -2, image_.width + 4, image_.height + 4};
  cv::rectangle(view_of(image_), rectangle(grown(box, 2, far)), 255);
  cv::rectangle(view_of(image_), rectangle(grown(box, 1, far)), 0);
}

void Canvas::text(int x, int y, const std::string& words, int height) {
  cv::putText(view_of(image_), words, {x, y + height}, kFont, height / kFontHeight, 0, 1,
              cv::LINE_AA);
}

int Canvas::text_width(const std::string& words, int height) {
  int below = 0;
  return cv::getTextSize(words, kFont, height / kFontHeight, 1, &below).width;
}

std::string shortened(const std::string& words, int height, int width) {
  std::string text = words;
  for (char& letter : text) {
    if (letter < ' ' || letter > '~') letter = '?';
  }
  std::size_t kept = text.size();
  std::string result = text;
  while (kept > 2 && Canvas::text_width(result, height) > width) {
    --kept;
    result = text.substr(0, kept / 2) + "..." + text.substr(text.size() - (kept - kept / 2));
  }
  return result;
}

}  // namespace tally
