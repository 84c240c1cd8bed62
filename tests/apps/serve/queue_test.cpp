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

namespace tally {
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

class PageQueueTest : public PageTest {
 protected:
  void start(PageLimits limits) {
    limits_ = limits;
    table_ = std::make_unique<PageTable>(audience_, limits_);
    worker_ = std::make_unique<PageWorker>([this](auto image) { return read(image); },
                                           [this] { wake_.call(); });
    queue_ = std::make_unique<PageQueue>(*table_, *worker_, limits_);
  }

  /// A client's image, which is what the answer to it says.
  PageClient& send(std::string_view image) {
    PageClient& client = clients_.emplace_back(port());
    client.send_image(image);
    return client;
  }

  /// One round of the server, which takes place so long after its time.
  void go_round(std::chrono::milliseconds late = {}) {
    PageTest::go_round(*table_, [&](PageConnection& connection, PageTime now) {
      queue_->admit(connection, now + late);
    });
    queue_->advance(PageClock::now() + late);
    table_->tidy(PageClock::now());
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

  std::deque<PageClient> clients_;
  std::vector<std::string> images_;  ///< on which there was work
  std::unique_ptr<PageQueue> queue_;
  std::unique_ptr<PageTable> table_;

 private:
  PageAudience audience_{"127.0.0.1", std::size_t{1} << 20};
  PageLimits limits_;
  std::unique_ptr<PageWorker> worker_;
};

TEST_F(PageQueueTest, ReadsImagesInTheOrderInWhichTheyCame) {
  start(limits_of(16));
  for (const char* image : {"first", "second", "third"}) {
    send(image);
    go_round();
    go_round();
  }
  for (const PageClient& client : clients_) {
    go_on_until([&] { return !queue_->is_busy() && queue_->waiting() == 0; });
    EXPECT_THAT(client.reply(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  EXPECT_THAT(images_, ElementsAre("first", "second", "third"));
}

TEST_F(PageQueueTest, StopsAnImageThatTakesTooLong) {
  PageLimits limits = limits_of(4);
  limits.image_seconds = 0.1;
  start(limits);
  const PageClient& client = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  go_on_until([&] { return !queue_->is_busy(); });
  EXPECT_THAT(client.reply(), HasSubstr("HTTP/1.1 422 "));
}

TEST_F(PageQueueTest, StopsTheImageOfAClientThatHasGone) {
  PageLimits limits = limits_of(4);
  limits.image_seconds = 3600;
  start(limits);
  PageClient& client = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  client.close();
  go_on_until([&] { return is_idle(); });
}

TEST_F(PageQueueTest, NeverStartsOnTheImageOfAClientThatHasGone) {
  PageLimits limits = limits_of(8);
  limits.image_seconds = 3600;
  start(limits);
  PageClient& endless = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  PageClient& gone = send("gone");
  go_on_until([&] { return queue_->waiting() == 1; });
  gone.close();
  go_on_until([&] { return queue_->waiting() == 0; });
  endless.close();
  go_on_until([&] { return is_idle(); });
  EXPECT_THAT(images_, ElementsAre("endless"));
}

TEST_F(PageQueueTest, LetsHalfOfTheConnectionsWait) {
  PageLimits limits = limits_of(8);
  limits.image_seconds = 3600;
  start(limits);
  send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  for (int i = 0; i < 4; ++i) send("waits");
  go_on_until([&] { return queue_->waiting() == 4; });
  const PageClient& another = send("one too many");
  go_round();
  go_round();
  EXPECT_THAT(another.reply(), EndsWith("\r\n\r\nbusy with other images; try again\n"));
  EXPECT_EQ(queue_->waiting(), 4);
}

// A quarter of what an image has taken is what is expected of the next one.
TEST_F(PageQueueTest, TellsWhoWouldWaitTooLongWhenToComeBack) {
  PageLimits limits = limits_of(8);
  limits.image_seconds = 3600;
  limits.wait_seconds = 2;
  start(limits);
  PageClient& slow = send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  slow.close();
  go_on_until([&] { return table_->size() == 0; });
  ASSERT_TRUE(queue_->is_busy());
  while (queue_->is_busy()) go_round(11s);  // 2.75 s are expected
  send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  const PageClient& refused = send("refused");
  go_round();
  go_round();
  const std::string reply = refused.reply();
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(reply, HasSubstr("\r\nRetry-After: 3\r\n"));
  EXPECT_THAT(images_, ElementsAre("endless", "endless"));
}

TEST_F(PageQueueTest, RefusesWhoHasWaitedTooLong) {
  PageLimits limits = limits_of(8);
  limits.image_seconds = 3600;
  start(limits);
  send("endless");
  go_on_until([&] { return queue_->is_busy(); });
  const PageClient& client = send("waits");
  go_on_until([&] { return queue_->waiting() == 1; });
  queue_->advance(PageClock::now() + 9s);
  EXPECT_EQ(queue_->waiting(), 1);
  queue_->advance(PageClock::now() + 11s);
  EXPECT_EQ(queue_->waiting(), 0);
  EXPECT_THAT(client.reply(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(PageQueueTest, GoesOnAfterAnImageWithoutMemory) {
  start(limits_of(4));
  const PageClient& huge = send("huge");
  go_on_until([&] { return !images_.empty() && !queue_->is_busy(); });
  EXPECT_THAT(huge.reply(), StartsWith("HTTP/1.1 500 "));
  const PageClient& next = send("next");
  go_on_until([&] { return images_.size() == 2 && !queue_->is_busy(); });
  EXPECT_THAT(next.reply(), EndsWith("\r\n\r\nnext"));
}

}  // namespace
}  // namespace tally
