// SPDX-License-Identifier: MIT
#pragma once

#include "common/tool.hpp"
#include "serve/server.hpp"

namespace tally::serve {

/// The options of --serve, besides its port.
inline void add_server_options(CLI::App& app, ServerOptions& options) {
  Limits& limits = options.limits;
  app.add_option("--serve-address", options.address,
                 "numeric address to listen on; any but 127.0.0.1 lets others in")
      ->type_name("ADDRESS")
      ->capture_default_str();
  const auto add = [&](const char* name, auto& value, auto least, auto most, const char* what) {
    app.add_option(name, value, what)
        ->check(number_between(least, most))
        ->type_name("N")
        ->capture_default_str()
        ->group("Serving");
  };
  constexpr double kShortest = 0.1, kHour = 3600;
  add("--serve-connections", limits.connections, 1, 4096,
      "maximum number of connections; a further one replaces the slowest");
  add("--serve-megabytes", limits.body_megabytes, 1, 64, "maximum size of an image file");
  add("--serve-body-seconds", limits.body_seconds, kShortest, kHour,
      "maximum time for a file to arrive");
  add("--serve-answer-seconds", limits.answer_seconds, kShortest, kHour,
      "maximum time for a client to read its answer");
  add("--serve-rate", limits.least_rate, 1, 1 << 30,
      "minimum bytes per second of files and answers, on average");
  add("--serve-wait-seconds", limits.wait_seconds, kShortest, kHour,
      "maximum time that an image waits for others; then its client is told to come back (503)");
  add("--serve-image-seconds", limits.image_seconds, kShortest, kHour,
      "maximum time to read one image");
}

}  // namespace tally::serve
