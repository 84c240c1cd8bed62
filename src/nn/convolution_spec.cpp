// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "tally/core/text.hpp"
#include "tally/nn/convolution.hpp"

namespace tally {
namespace {

bool is_within(Index number, Index least, Index most) {
  return number >= least && number <= most;
}

// Takes what stands before the first `separator` from the front of `rest`; all of it if there is
// none.
std::string_view take_until(char separator, std::string_view& rest) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

// Where `text` has no `separator`, `number` stays; a separator needs a number behind it.
bool parse_behind(char separator, std::string_view& text, Index& number) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return true;
  const bool is_number = parse_number(text.substr(at + 1), number);
  text = text.substr(0, at);
  return is_number;
}

// From behind "conv:".
bool parse_numbers(std::string_view text, ConvolutionSpec& spec) {
  if (!parse_behind('+', text, spec.padding) || !parse_behind('/', text, spec.stride)) return false;
  const std::string_view filters = take_until('@', text);
  const std::string_view rows = take_until('x', text);
  return parse_number(filters, spec.filters) && parse_number(rows, spec.kernel_height) &&
         parse_number(text, spec.kernel_width);
}

}  // namespace

std::optional<ConvolutionSpec> ConvolutionSpec::parse(const SpecToken& token) {
  constexpr std::string_view kPrefix = "conv:";
  if (!token.text.starts_with(kPrefix)) return std::nullopt;
  ConvolutionSpec spec;
  if (!parse_numbers(token.text.substr(kPrefix.size()), spec)) {
    token.refuse(
        "needs filters and a kernel, as in conv:32@5x5, and may have a stride and a "
        "padding, as in conv:32@3x3/2+1");
  }
  if (!is_within(spec.filters, 1, kMaxFilters)) {
    token.refuse(fmt::format("needs 1 to {} filters", grouped(kMaxFilters)));
  }
  if (!is_within(spec.kernel_height, 1, kMaxKernel) ||
      !is_within(spec.kernel_width, 1, kMaxKernel) || !is_within(spec.stride, 1, kMaxKernel)) {
    token.refuse(
        fmt::format("needs a kernel and a stride of 1 to {} rows and columns", kMaxKernel));
  }
  // A window of nothing but padding would be 0 whatever the image.
  if (!is_within(spec.padding, 0, std::min(spec.kernel_height, spec.kernel_width) - 1)) {
    token.refuse("needs a padding of fewer rows and columns than its kernel has");
  }
  if (const auto reason = spec.refusal(token.input)) token.refuse(*reason);
  return spec;
}

std::optional<std::string> ConvolutionSpec::refusal(Shape input) const {
  if (kernel_height > input.height + 2 * padding || kernel_width > input.width + 2 * padding) {
    return "has a kernel that does not fit";
  }
  const Index values = output(input).size();
  if (values <= kMaxValues) return std::nullopt;
  return fmt::format("has {} outputs; at most {} are allowed", grouped(values),
                     grouped(kMaxValues));
}

Shape ConvolutionSpec::output(Shape input) const {
  const ConvolutionShape convolution = shape(input);
  return {convolution.pooled_height(), convolution.pooled_width(), filters};
}

ConvolutionShape ConvolutionSpec::shape(Shape input) const {
  return {input.height, input.width, input.channels, filters, kernel_height,
          kernel_width, stride,      padding,        pool};
}

std::unique_ptr<Layer> ConvolutionSpec::make_layer(Shape input) const {
  return std::make_unique<Convolution>(input, *this);
}

}  // namespace tally
