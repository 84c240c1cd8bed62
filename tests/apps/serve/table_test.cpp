// SPDX-License-Identifier: MIT
#include "serve/table.hpp"

#include <deque>
#include <string>

#include <gmock/gmock.h>

#include "apps/serve/serve_fixture.hpp"

namespace tally::serve {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

class ServeTableTest : public ServeTest {
 protected:
  void go_round(Table& table) {
    ServeTest::go_round(table, [this](Connection& connection, Time now) {
      if (connection.request().kind == Request::Kind::kPredict) return connection.read_body(now);
      connection.answer_shared("hello", now);
      ++answered_;
    });
    table.tidy(Clock::now());
  }

  int answered_ = 0;
  Audience audience_{"127.0.0.1", std::size_t{1} << 20};
};

TEST_F(ServeTableTest, AnswersAllOfMoreClientsThanItHolds) {
  const Limits limits = limits_of(4);
  Table table(audience_, limits);
  std::deque<Client> clients;
  for (int i = 0; i < 40; ++i) clients.emplace_back(port()).send(kGet);
  for (int round = 0; round < 40 && answered_ < 40; ++round) {
    go_round(table);
    ASSERT_LE(table.size(), 4);
  }
  for (const Client& client : clients) EXPECT_EQ(client.reply(), "hello");
}

TEST_F(ServeTableTest, LetsTheSlowestGiveWay) {
  const Limits limits = limits_of(2);
  Table table(audience_, limits);
  const Client slow(port());
  slow.send("G");
  go_round(table);
  const Client fast(port());
  fast.send("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
  go_round(table);
  EXPECT_EQ(table.size(), 2);
  const Client another(port());
  another.send(kGet);
  go_round(table);
  EXPECT_THAT(slow.reply(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(another.reply(), "hello");
  fast.send("\r\nHost: localhost\r\n\r\n");
  go_round(table);
  EXPECT_EQ(fast.reply(), "hello");
}

TEST_F(ServeTableTest, KeepsImagesThatHaveCome) {
  const Limits limits = limits_of(2);
  Table table(audience_, limits);
  const Client image(port());
  image.send_image("image");
  const Client slow(port());
  slow.send("G");
  while (table.count(State::kWaits) == 0 || table.size() < 2) go_round(table);
  const Client another(port());
  another.send(kGet);
  go_round(table);
  EXPECT_THAT(slow.reply(), HasSubstr("\r\n\r\ntoo many connections; try again\n"));
  EXPECT_EQ(another.reply(), "hello");
  EXPECT_EQ(table.count(State::kWaits), 1);
}

TEST_F(ServeTableTest, BoundsTheMemoryOfAllFiles) {
  const Limits limits = limits_of(64);
  Table table(audience_, limits);
  std::deque<Client> clients;
  const auto held = [&] {
    std::size_t bytes = 0;
    for (const auto& connection : table) bytes += connection->held_bytes();
    return bytes;
  };
  std::size_t most = 0;
  for (int i = 0; i < 24; ++i) {
    // All but the last byte.
    clients.emplace_back(port()).send(
        "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "image/png\r\nContent-Length: 1000001\r\n\r\n");
    go_round(table);
    const std::string piece(50'000, 'x');
    for (int j = 0; j < 20; ++j) {
      clients.back().send(piece);
      go_round(table);
      most = std::max(most, held());
    }
  }
  EXPECT_GT(most, std::size_t{15} << 20);
  EXPECT_LE(most, limits.held_bytes());
}

TEST_F(ServeTableTest, ForgetsThoseThatAreOver) {
  const Limits limits = limits_of(4);
  Table table(audience_, limits);
  {
    const Client gone(port());
    go_round(table);
    EXPECT_EQ(table.size(), 1);
  }
  go_round(table);
  EXPECT_EQ(table.size(), 0);
  EXPECT_EQ(table.begin(), table.end());
}

}  // namespace
}  // namespace tally::serve
