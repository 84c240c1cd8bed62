// SPDX-License-Identifier: MIT
#include "common/stage_files.hpp"

#include <fmt/format.h>

#include "common/png_file.hpp"

namespace tally {

void write_stages(const std::filesystem::path& directory, const std::string& name,
                  const GreyImage& page, const PreparedPage& prepared) {
  if (prepared.digits.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const auto write = [&](const std::string& prefix, const Stage& stage) {
    write_png(directory / fmt::format("{}-{}.png", prefix, stage.name), *stage.image);
  };
  for (const Stage& stage : page_stages(page, prepared)) write(name, stage);
  for (std::size_t i = 0; i < prepared.digits.size(); ++i) {
    const bool is_alone = prepared.digits.size() == 1;
    const std::string prefix = is_alone ? name : fmt::format("{}-digit-{}", name, i + 1);
    for (const Stage& stage : digit_stages(prepared.digits[i])) write(prefix, stage);
  }
}

}  // namespace tally
