// SPDX-License-Identifier: MIT
#include "serve/queue.hpp"

#include <deque>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "apps/serve/serve_fixture.hpp"
#include "tally/core/stop_point.hpp"
#include "tally/core/text.hpp"

namespace tally::serve {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// As long as it is let.
std::string work_for_ever() {
  while (true) stop_point();
}

class ServeQueueTest : public ServeTest {
 protected:
  void start(Limits limits) {
    limits_ = limits;
    table_ = std::make_unique<Table>(audience_, limits_);
    worker_ = std::make_unique<Worker>([this](auto image) { return read(image); },
                                       [this] { wake_.call(); });
    queue_ = std::make_unique<Queue>(*table_, *worker_, limits_);
  }

  /// A client's image, which is what the answer to it says.
  Client& send(std::string_view image) {
    Client& client = clients_.emplace_back(port());
    client.send_image(image);
    return client;
  }

  /// One round of the server, which takes place so long after its time.
  void go_round(std::chrono::milliseconds late = {}) {
    ServeTest::go_round(
        *table_, [&](Connection& connection, Time now) { queue_->admit(connection, now + late); });
    queue_->advance(Clock::now() + late);
    table_->tidy(Clock::now());
  }

  template <typename Holds>
  void go_on_until(Holds&& holds) {
    while (!holds()) go_round();
  }

  [[nodiscard]] bool is_idle() const {
    return !queue_->is_busy() && queue_->waiting() == 0 && table_->size() == 0;
  }

  std::string read(std::span<const std::byte> bytes) {
    const std::string image(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    images_.push_back(image);
    if (image == "endless") return work_for_ever();
    if (image == "huge") throw std::bad_alloc();
    return image;
  }

  std::deque<Client> clients_;
  std::vector<std::string> images_;  ///< on which there was work
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Table> table_;

 private:
  Audience audience_{"127.0.0.1", std::size_t{1} << 20};
  Limits limits_;
  std::unique_ptr<Worker> worker_;
};

TEST_F(ServeQueueTest, ReadsImagesInTheOrderInWhichTheyCame) {
  start(limits_of(16));
  for (const char* image : {"first", "second", "third"}) {
    send(image);
    go_round();
    go_round();
  }
  for (const Client& client : clients_) {
    go_on_until([&] { return !queue_->is_busy() && queue_->waiting() == 0; });
    EXPECT_THAT(client.reply(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  EXPECT_THAT(images_, ElementsAre("first", "second", "third"));
}

TEST_F(ServeQueueTest, StopsAnImageThatTakesTooLong) {
  Limits limits = limits_of(4);
  limits.image_seconds = 0.1;
  start(limits);
  const Client& client = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  go_on_until([&] { return !queue_->is_busy(); });
  EXPECT_THAT(client.reply(), HasSubstr("HTTP/1.1 422 "));
}

TEST_F(ServeQueueTest, StopsTheImageOfAClientThatHasGone) {
  Limits limits = limits_of(4);
  limits.image_seconds = 3600;
  start(limits);
  Client& client = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  client.close();
  go_on_until([&] { return is_idle(); });
}

TEST_F(ServeQueueTest, NeverStartsOnTheImageOfAClientThatHasGone) {
  Limits limits = limits_of(8);
  limits.image_seconds = 3600;
  start(limits);
  Client& endless = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  Client& gone = send("gone");
  go_on_until([&] { return queue_->waiting() == 1; });
  gone.close();
  go_on_until([&] { return queue_->waiting() == 0; });
  endless.close();
  go_on_until([&] { return is_idle(); });
  EXPECT_THAT(images_, ElementsAre("endless"));
}

TEST_F(ServeQueueTest, LetsHalfOfTheConnectionsWait) {
  Limits limits = limits_of(8);
  limits.image_seconds = 3600;
  start(limits);
  send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  for (int i = 0; i < 4; ++i) send("waits");
  go_on_until([&] { return queue_->waiting() == 4; });
  const Client& another = send("one too many");
  go_round();
  go_round();
  EXPECT_THAT(another.reply(), EndsWith("\r\n\r\nbusy with other images; try again\n"));
  EXPECT_EQ(queue_->waiting(), 4);
}

// A quarter of what an image has taken is what is expected of the next one.
TEST_F(ServeQueueTest, TellsWhoWouldWaitTooLongWhenToComeBack) {
  Limits limits = limits_of(8);
  limits.image_seconds = 3600;
  limits.wait_seconds = 2;
  start(limits);
  Client& slow = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  slow.close();
  go_on_until([&] { return table_->size() == 0; });
  ASSERT_TRUE(queue_->is_busy());
  while (queue_->is_busy()) go_round(11s);  // 2.75 s are expected
  send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  const Client& refused = send("refused");
  go_round();
  go_round();
  const std::string reply = refused.reply();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(reply, HasSubstr("\r\nRetry-After: 3\r\n"));
  EXPECT_THAT(images_, ElementsAre("endless", "endless"));
}

TEST_F(ServeQueueTest, RefusesWhoHasWaitedTooLong) {
  Limits limits = limits_of(8);
  limits.image_seconds = 3600;
  start(limits);
  send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  const Client& client = send("waits");
  go_on_until([&] { return queue_->waiting() == 1; });
  queue_->advance(Clock::now() + 9s);
  EXPECT_EQ(queue_->waiting(), 1);
  queue_->advance(Clock::now() + 11s);
  EXPECT_EQ(queue_->waiting(), 0);
  EXPECT_THAT(client.reply(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ServeQueueTest, GoesOnAfterAnImageWithoutMemory) {
  start(limits_of(4));
  const Client& huge = send("huge");
  go_on_until([&] { return !images_.empty() && !queue_->is_busy(); });
  EXPECT_THAT(huge.reply(), StartsWith("HTTP/1.1 500 "));
  const Client& next = send("next");
  go_on_until([&] { return images_.size() == 2 && !queue_->is_busy(); });
  EXPECT_THAT(next.reply(), EndsWith("\r\n\r\nnext"));
}

}  // namespace
}  // namespace tally::serve
