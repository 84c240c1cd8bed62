// SPDX-License-Identifier: MIT
#include "serve/answer.hpp"

#include <gmock/gmock.h>

namespace tally::serve {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ServeAnswer, HasItsBodyAndLength) {
  EXPECT_THAT(
      answer_text("text/plain", "hello"),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: text/plain\r\n"),
            EndsWith("\r\nContent-Length: 5\r\n\r\nhello")));
}

TEST(ServeAnswer, HasTheLengthWithoutTheBodyForHead) {
  EXPECT_THAT(answer_text("text/plain", "hello", true), EndsWith("\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_THAT(answer_text(Refusal{404, "no", true}), EndsWith("\r\nContent-Length: 3\r\n\r\n"));
}

TEST(ServeAnswer, OfARefusalSaysWhatToDo) {
  EXPECT_THAT(
      answer_text(Refusal{405, "expected GET"}),
      AllOf(StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"),
            HasSubstr("\r\nAllow: GET, HEAD, POST\r\n"), EndsWith("\r\n\r\nexpected GET\n")));
  EXPECT_THAT(answer_text(Refusal{503, "busy", false, 7}), HasSubstr("\r\nRetry-After: 7\r\n"));
  EXPECT_THAT(answer_text(Refusal{503, "busy"}), Not(HasSubstr("Retry-After")));
  EXPECT_THAT(answer_text(Refusal{418, "what"}), StartsWith("HTTP/1.1 418 Bad Request\r\n"));
}

TEST(ServeAnswer, LetsNoOtherPageUseIt) {
  EXPECT_THAT(answer_text("text/html", ""),
              AllOf(HasSubstr("\r\nContent-Security-Policy: default-src 'none';"),
                    HasSubstr("\r\nCross-Origin-Resource-Policy: same-origin\r\n"),
                    HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
                    HasSubstr("\r\nConnection: close\r\n")));
}

}  // namespace
}  // namespace tally::serve
