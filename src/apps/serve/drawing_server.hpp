// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "serve/server.hpp"
#include "tally/model/predictor.hpp"

namespace tally {

struct DrawingServerOptions {
  PredictorOptions predictor;    ///< answers name all classes, whatever it says
  std::string stages_directory;  ///< each step is written there as PNG, unless it is empty
  serve::ServerOptions server;
};

/// Serves a page to draw on, whose drawings `model` reads, until INT or TERM comes. The first line
/// printed is its address. Throws an Error if it cannot be served.
void serve_drawings(const TrainedModel& model, const std::string& model_name,
                    const DrawingServerOptions& options);

}  // namespace tally
