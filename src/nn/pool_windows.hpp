// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "tally/nn/shape.hpp"
#include "tally/nn/spec_token.hpp"

// The windows of pools, which lie side by side. Private to layer nn.
namespace tally {

/// The number behind `prefix`; nothing for another kind of layer. Throws an Error for one that is
/// wrong, or does not fit.
std::optional<Index> pool_size(const SpecToken& token, std::string_view prefix);

class PoolWindows {
 public:
  PoolWindows(Shape input, Index height, Index width)
      : input_(input),
        height_(height),
        width_(width),
        rows_(input.height / height),
        columns_(input.width / width) {}

  /// Where the channels of its first place begin in the inputs of a micro-batch, and those of what
  /// is made of it in the outputs.
  struct Window {
    Index input, output;
  };

  [[nodiscard]] Index channels() const { return input_.channels; }
  /// Whether some inputs are in no window.
  [[nodiscard]] bool leave_some_out() const {
    return rows_ * height_ != input_.height || columns_ * width_ != input_.width;
  }

  template <typename Work>
  void for_each(Index images, const Work& work) const {
    Window window{0, 0};
    for (Index image = 0; image < images; ++image) {
      for (Index y = 0; y < rows_; ++y) {
        window.input = ((image * input_.height + y * height_) * input_.width) * input_.channels;
        for (Index x = 0; x < columns_; ++x) {
          work(window);
          window.input += width_ * input_.channels;
          window.output += input_.channels;
        }
      }
    }
  }

  /// work(where the channels of a place of the window begin), row by row.
  template <typename Work>
  void for_each_place(const Window& window, const Work& work) const {
    for (Index y = 0; y < height_; ++y) {
      for (Index x = 0; x < width_; ++x) {
        work(window.input + (y * input_.width + x) * input_.channels);
      }
    }
  }

 private:
  Shape input_;
  Index height_, width_;
  Index rows_, columns_;  // of windows
};

}  // namespace tally
