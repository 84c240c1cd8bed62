// SPDX-License-Identifier: MIT
#include "serve/address.hpp"

#include <gtest/gtest.h>

namespace tally::serve {
namespace {

TEST(ServeAddress, IsNumericOrAName) {
  for (const char* address : {"127.0.0.1", "0.0.0.0", "192.0.2.7", "::1", "::", "2001:db8::7"}) {
    EXPECT_TRUE(is_numeric(address)) << address;
  }
  for (const char* name :
       {"", "localhost", "127.1", "0x7f.0.0.1", "256.0.0.1", "[::1]", "1.2.3.4 "}) {
    EXPECT_FALSE(is_numeric(name)) << name;
  }
  EXPECT_FALSE(is_numeric(std::string("127.0.0.1\0.example", 18)));
}

TEST(ServeAddress, IsALoopbackIfOnlyThisMachineReachesIt) {
  for (const char* address : {"127.0.0.1", "127.255.0.9", "::1"}) {
    EXPECT_TRUE(is_loopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0", "::", "192.0.2.7", "localhost", "127.example.org"}) {
    EXPECT_FALSE(is_loopback(address)) << address;
  }
}

TEST(ServeAddress, IsTheHostOfAnAuthority) {
  EXPECT_EQ(host_of_authority("localhost"), "localhost");
  EXPECT_EQ(host_of_authority("127.0.0.1:8080"), "127.0.0.1");
  EXPECT_EQ(host_of_authority("a.example:"), "a.example");
  EXPECT_EQ(host_of_authority("[::1]:65535"), "::1");
  EXPECT_EQ(host_of_authority("[::1]"), "::1");
  for (const char* authority : {"localhost:65536", "localhost:x", "localhost:-1", "localhost:80:80",
                                "[::1", "[localhost]", "[::1]x", "[::1]:x", "::1"}) {
    EXPECT_EQ(host_of_authority(authority), std::nullopt) << authority;
  }
}

}  // namespace
}  // namespace tally::serve
