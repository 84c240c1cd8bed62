// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include "tally/nn/shape.hpp"

namespace tally {

/// One layer as it is written in the text of a network.
struct SpecToken {
  std::string_view network;  ///< the whole text
  std::size_t begin = 0;     ///< where the token begins in it
  std::string_view text;
  Shape input = {};  ///< what the layer is given

  /// Throws an Error that points at the token and says what it is given.
  [[noreturn]] void refuse(std::string_view reason) const;
};

}  // namespace tally
