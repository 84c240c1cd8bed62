// SPDX-License-Identifier: MIT
#include "tally/state/config_fields.hpp"

#include <fmt/format.h>

#include "tally/nn/layer_spec.hpp"

namespace tally {

std::string_view network_help() {
  static const std::string help =
      fmt::format("layers: {}, joined by commas", fmt::join(layer_notations(), ", "));
  return help;
}

std::string_view augment_help() {
  static const std::string help = fmt::format("distort training images: {}, joined by commas",
                                              fmt::join(kDistortionNames, ", "));
  return help;
}

}  // namespace tally
