// SPDX-License-Identifier: MIT
#include "serve/request.hpp"

#include <gmock/gmock.h>

namespace tally::serve {
namespace {

using testing::HasSubstr;

const std::string kPost =
    "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n";

class ServeRequestTest : public testing::Test {
 protected:
  [[nodiscard]] std::optional<RequestHead::Result> result_of(std::string_view bytes) const {
    RequestHead head(audience_);
    return head.put(bytes);
  }

  [[nodiscard]] Request accepted(std::string_view bytes) const {
    const auto result = result_of(bytes);
    const auto* request = result ? std::get_if<Request>(&*result) : nullptr;
    if (request != nullptr) return *request;
    ADD_FAILURE() << "not accepted: " << bytes;
    return {};
  }

  /// 0 if it is none.
  [[nodiscard]] int refused(std::string_view bytes) const {
    const auto result = result_of(bytes);
    const auto* refusal = result ? std::get_if<Refusal>(&*result) : nullptr;
    return refusal == nullptr ? 0 : refusal->status;
  }

  Audience audience_{"127.0.0.1", 1000};
};

TEST_F(ServeRequestTest, HasWhatItsPathAndMethodSay) {
  EXPECT_EQ(accepted("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").kind, Request::Kind::kPage);
  EXPECT_EQ(accepted("GET /?a=b HTTP/1.0\r\nHost: 127.0.0.1:8080\r\n\r\n").kind,
            Request::Kind::kPage);
  EXPECT_EQ(accepted("GET /healthz HTTP/1.1\r\nHost: LocalHost\r\n\r\n").kind,
            Request::Kind::kHealth);
  EXPECT_TRUE(accepted("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").has_no_body);
  EXPECT_EQ(refused("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404);
  EXPECT_EQ(refused("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 405);
  EXPECT_EQ(refused("GET /predict HTTP/1.1\r\nHost: localhost\r\n\r\n"), 405);
}

TEST_F(ServeRequestTest, IsTakenInAnyPieces) {
  const std::string bytes = kPost + "Content-Length: 5\r\n\r\nima";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    RequestHead head(audience_);
    std::optional<RequestHead::Result> result;
    std::string body;
    for (std::size_t begin = 0; begin < bytes.size(); begin += piece) {
      const std::string_view part = std::string_view(bytes).substr(begin, piece);
      if (result) {
        body += part;
      } else if ((result = head.put(part))) {
        ASSERT_TRUE(std::holds_alternative<Request>(*result)) << piece;
        body = std::get<Request>(*result).body_start;
      }
    }
    ASSERT_TRUE(result) << piece;
    EXPECT_EQ(std::get<Request>(*result).body_bytes, 5U);
    EXPECT_EQ(body, "ima") << piece;
  }
}

TEST_F(ServeRequestTest, TakesNoMoreOfTheBodyThanWasAnnounced) {
  EXPECT_EQ(accepted(kPost + "Content-Length: 2\r\n\r\nimage").body_start, "im");
}

TEST_F(ServeRequestTest, IsForThisServerAndFromItsPage) {
  const auto with = [](const std::string& headers) {
    return "GET / HTTP/1.1\r\n" + headers + "\r\n";
  };
  EXPECT_EQ(refused(with("Host: localhost:8080\r\nOrigin: http://localhost:8080\r\n")), 0);
  for (const char* headers :
       {"", "Host: a.example\r\n", "Host: 192.0.2.7\r\n", "Host: localhost\r\nHost: localhost\r\n",
        "Host: localhost\r\nOrigin: http://a.example\r\n", "Host: localhost\r\nOrigin: null\r\n",
        "Host: localhost:80\r\nOrigin: http://localhost:81\r\n"}) {
    EXPECT_EQ(refused(with(headers)), 403) << headers;
  }
  EXPECT_EQ(refused("GET http://a.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"), 403);
  EXPECT_EQ(refused("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"), 0);
}

TEST_F(ServeRequestTest, MayNameAnyNumericAddressWhereOthersAreLetIn) {
  audience_.address = "0.0.0.0";
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: 192.0.2.7:8080\r\n\r\n"), 0);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), 403);
}

TEST_F(ServeRequestTest, HasOnePlainBodyOfAStatedLength) {
  EXPECT_EQ(accepted(kPost + "Content-Length: 1000\r\n\r\n").body_bytes, 1000U);
  EXPECT_EQ(refused(kPost + "Content-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(refused(kPost + "\r\n"), 411);
  EXPECT_EQ(refused(kPost + "Transfer-Encoding: chunked\r\n\r\n"), 411);
  EXPECT_EQ(refused(kPost + "Content-Length: 5\r\nContent-Encoding: gzip\r\n\r\n"), 415);
  EXPECT_EQ(refused("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                    "Content-Length: 5\r\n\r\n"),
            415);
}

TEST_F(ServeRequestTest, MayAskWhetherToGoOn) {
  const std::string asks = kPost + "Content-Length: 5\r\nExpect: ";
  EXPECT_TRUE(accepted(asks + "100-Continue\r\n\r\n").waits_to_continue);
  EXPECT_EQ(refused(asks + "200-ok\r\n\r\n"), 417);
  std::string old = asks + "100-continue\r\n\r\n";
  old.replace(old.find("HTTP/1.1"), 8, "HTTP/1.0");
  EXPECT_FALSE(accepted(old).waits_to_continue);
  EXPECT_FALSE(accepted(old).knows_interim);
}

TEST_F(ServeRequestTest, HasABoundedHead) {
  const std::string start = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ";
  EXPECT_EQ(refused(start + std::string(kLargestHeadBytes, 'x')), 431);
  EXPECT_EQ(refused("GET /" + std::string(kLargestHeadBytes, 'x')), 414);
  EXPECT_FALSE(result_of(start));
}

TEST_F(ServeRequestTest, IsHttpOfAKnownVersion) {
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"), 505);
  EXPECT_EQ(refused("hello\r\n\r\n"), 400);
}

TEST_F(ServeRequestTest, RefusesInPrintableCharacters) {
  const auto result = result_of("GET / HTTP/1.1\r\nHost: a\xFF\r\n\r\n");
  ASSERT_TRUE(result);
  EXPECT_THAT(std::get<Refusal>(*result).message, HasSubstr("got the host \"a\\xFF\""));
}

}  // namespace
}  // namespace tally::serve
