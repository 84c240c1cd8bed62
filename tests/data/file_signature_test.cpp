// SPDX-License-Identifier: MIT
#include "tally/data/file_signature.hpp"

#include <gtest/gtest.h>

#include "idx_fixtures.hpp"

namespace tally {
namespace {

TEST(FileSignature, TellsGzipAndIdxByTheirFirstBytes) {
  EXPECT_TRUE(is_gzip(as_bytes(gzip("data"))));
  EXPECT_FALSE(is_gzip(as_bytes("\x1F")));
  EXPECT_FALSE(is_gzip(as_bytes(good_images())));
  EXPECT_TRUE(is_idx(as_bytes(good_images())));
  EXPECT_TRUE(is_idx(as_bytes(good_labels())));
  EXPECT_FALSE(is_idx(as_bytes(std::string(2, '\0'))));
  EXPECT_FALSE(is_idx(as_bytes(gzip("data"))));
}

TEST(FileSignature, TellsGzipNamesByTheirEnd) {
  EXPECT_TRUE(has_gzip_name("a/b.gz"));
  EXPECT_FALSE(has_gzip_name("a.gz/b"));
  EXPECT_FALSE(has_gzip_name("agz"));
}

TEST(FileSignature, RefusesWebPages) {
  for (const std::string page :
       {"<!DOCTYPE html>", "<html>", " \r\n\t<HTML>", "<?xml version=", "\xEF\xBB\xBF<html>"}) {
    EXPECT_EQ(error_of([&] { refuse_failed_download("f", as_bytes(page)); }),
              "f: is a web page (HTML or XML), not data: its download failed; download it again, "
              "from another mirror");
  }
}

TEST(FileSignature, RefusesNothingElseThatHasBytes) {
  EXPECT_EQ(error_of([] { refuse_failed_download("f", {}); }), "f: is empty; download it again");
  for (const std::string data : {"a<html>", " ", "\x1F\x8B", "\xEF\xBB\xBF"}) {
    EXPECT_NO_THROW(refuse_failed_download("f", as_bytes(data)));
  }
}

}  // namespace
}  // namespace tally
