// SPDX-License-Identifier: MIT
#include "tally/image/alpha.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace tally {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes laid_on_paper(Bytes grey, const Bytes& alpha) {
  lay_on_paper(grey, alpha);
  return grey;
}

TEST(LayOnPaper, PutsDarkInkOnWhite) {
  EXPECT_EQ(laid_on_paper({0, 0, 0, 0}, {0, 255, 128, 0}), (Bytes{255, 0, 127, 255}));
}

TEST(LayOnPaper, PutsLightInkOnBlack) {
  EXPECT_EQ(laid_on_paper({255, 255, 255, 255}, {0, 255, 128, 0}), (Bytes{0, 255, 128, 0}));
}

TEST(LayOnPaper, IgnoresToneOfWhatIsHidden) {
  EXPECT_EQ(laid_on_paper({255, 0, 99, 255}, {0, 255, 0, 0}), (Bytes{255, 0, 255, 255}));
}

TEST(LayOnPaper, TakesAThickDrawingOfOneToneForInk) {
  EXPECT_EQ(laid_on_paper({10, 10, 10, 10}, {255, 255, 255, 0}), (Bytes{10, 10, 10, 255}));
}

// A photographed page with a transparent margin: the margin must not look like a frame.
TEST(LayOnPaper, ContinuesAPageThatIsVisible) {
  EXPECT_EQ(laid_on_paper({0, 240, 240, 20, 240, 240}, {0, 255, 255, 255, 255, 255}),
            (Bytes{255, 240, 240, 20, 240, 240}));
  EXPECT_EQ(laid_on_paper({0, 30, 30, 250, 30, 30}, {0, 255, 255, 255, 255, 255}),
            (Bytes{0, 30, 30, 250, 30, 30}));
}

TEST(LayOnPaper, MakesABlankPageOfNothing) {
  const Bytes page = laid_on_paper({0, 90, 255}, {0, 0, 0});
  EXPECT_EQ(page, Bytes(3, page[0]));
}

}  // namespace
}  // namespace tally
