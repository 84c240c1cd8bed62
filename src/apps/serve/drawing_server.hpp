// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "common/predictor.hpp"
#include "serve/server.hpp"

namespace tally {

/// Serves a page to draw on, whose drawings `model` reads, until INT or TERM comes. The first line
/// printed is its address. Throws an Error if it cannot be served.
void serve_page(const TrainedModel& model, const std::string& model_name,
                const PredictorOptions& predictor_options, const PageServerOptions& options);

}  // namespace tally
