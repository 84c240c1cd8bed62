// SPDX-License-Identifier: MIT
#include "tally/core/digest.hpp"

#include <string_view>

#include <gtest/gtest.h>

namespace tally {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// The examples of FIPS 180-2, appendix B.
TEST(Sha256, MatchesPublishedExamples) {
  EXPECT_EQ(to_hex(sha256(bytes_of("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, DoesNotDependOnHowBytesArrive) {
  Sha256 hash;
  hash.add(bytes_of("a"));
  hash.add(bytes_of(""));
  hash.add(bytes_of("bc"));
  EXPECT_EQ(hash.finish(), sha256(bytes_of("abc")));
}

}  // namespace
}  // namespace tally
