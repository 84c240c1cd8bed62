// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tally/model/predictor.hpp"

namespace tally {

/// What is to be seen of a page besides its answers.
struct PageViews {
  std::string stages_directory{};  ///< each step is written there as PNG, unless it is empty
  bool keeps_pictures = false;     ///< whether answers have them
};

/// An answer, and the page with a frame around its box, small whatever the page is; without a
/// picture if none was kept or the page could not be read.
struct ShownPrediction {
  Prediction prediction;
  GreyImage picture;
};

/// As Predictor::predict. `stages_name` begins the names of the files of the page's steps; those of
/// digits carry a number where there are several.
std::vector<ShownPrediction> predict_and_show(Predictor& predictor, const std::string& file,
                                              const std::string& stages_name,
                                              const PageViews& views);

}  // namespace tally
