// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "tally/model/predictor.hpp"

namespace tally {

/// One line of text for what was read; the message of an error stands for itself.
std::string text_line(const Prediction& prediction);

/// {"file", "status", "class", "probability", "top": [{"class", "probability"}],
/// "box": [x, y, width, height], "message"}, and "digit_probability" if the model can tell.
nlohmann::ordered_json to_json(const Prediction& prediction);

}  // namespace tally
