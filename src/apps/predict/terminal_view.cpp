// SPDX-License-Identifier: MIT
#include "predict/terminal_view.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace tally {
namespace {

constexpr int kInked = 96;  // of 255
constexpr int kBarLength = 20;

/// Rows 2 * line and 2 * line + 1: ink in the terminal's own colour, whatever its background is.
std::string image_line(const GreyImage& digit, int line) {
  std::string text;
  for (int x = 0; x < digit.width; ++x) {
    const bool is_upper = digit.at(x, 2 * line) >= kInked;
    const bool is_lower = 2 * line + 1 < digit.height && digit.at(x, 2 * line + 1) >= kInked;
    text += is_upper ? (is_lower ? "█" : "▀") : (is_lower ? "▄" : " ");
  }
  return text;
}

std::string class_line(const ClassProbability& entry) {
  std::string bar;
  const auto length = static_cast<int>(std::lround(kBarLength * entry.probability));
  for (int i = 0; i < length; ++i) bar += "█";
  return fmt::format("{:>3} {:5.1f} % {}", entry.label, 100 * entry.probability, bar);
}

}  // namespace

std::string terminal_view(const Prediction& prediction) {
  if (!prediction.has_digit()) return {};
  const auto lines = static_cast<std::size_t>((prediction.digit.height + 1) / 2);
  std::vector<ClassProbability> classes =
      prediction.classes;  // the most probable, if they are many
  classes.resize(std::min(classes.size(), lines));
  std::ranges::sort(classes, {}, &ClassProbability::label);
  const std::size_t first = (lines - classes.size()) / 2;
  std::string text;
  for (std::size_t line = 0; line < lines; ++line) {
    text += "  │" + image_line(prediction.digit, static_cast<int>(line)) + "│";
    if (line >= first && line - first < classes.size()) text += class_line(classes[line - first]);
    text += "\n";
  }
  return text;
}

}  // namespace tally
