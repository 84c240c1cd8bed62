// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

// Transparent drawings, laid on paper. Which paper is not said in the file: an app may draw black
// ink on nothing, white ink on nothing, or a page with transparent edges.
namespace tally {

/// Composites `grey` with its `alpha` (255 = opaque) in place. What is visible only here and there,
/// or in a single tone, is ink, and the backing is the one of black and white that it stands out
/// from; otherwise paper is visible too, and the backing resembles the commoner tone.
void lay_on_paper(std::span<std::uint8_t> grey, std::span<const std::uint8_t> alpha);

}  // namespace tally
