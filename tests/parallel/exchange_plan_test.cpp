// SPDX-License-Identifier: MIT
#include "tally/parallel/exchange_plan.hpp"

#include <bit>

#include <gtest/gtest.h>

#include "parallel/leaf_values.hpp"
#include "parallel/sent_elements.hpp"
#include "tally/core/aligned_vector.hpp"
#include "tally/parallel/reduction_plan.hpp"

namespace tally {
namespace {

constexpr auto kElement = static_cast<std::int64_t>(kAlignmentElements);

float sum_of(std::int64_t leaf_count, Subtree subtree) {
  if (subtree.level == 0) return leaf_value(subtree.index);
  const Subtree left{subtree.level - 1, 2 * subtree.index},
      right{subtree.level - 1, 2 * subtree.index + 1};
  const float sum = sum_of(leaf_count, left);
  const bool has_right = right.index << right.level < leaf_count;
  return has_right ? sum + sum_of(leaf_count, right) : sum;
}

ExchangeShape shape_of(std::int64_t leaves, int hosts, std::int64_t vector_size) {
  ExchangeShape shape{leaves, {}, vector_size};
  for (int host = 0; host < hosts; ++host) {
    shape.host_leaves.push_back(part_of({0, leaves}, hosts, host));
  }
  return shape;
}

// All hosts of a job, one element per block of the vector, exchanging as their plans say.
class Simulation {
 public:
  explicit Simulation(const ExchangeShape& shape)
      : shape_(shape), blocks_(static_cast<std::size_t>(shape.vector_size / kElement)) {
    for (int host = 0; host < shape.hosts(); ++host) {
      plans_.emplace_back(shape, host);
      auto& own = vectors_.emplace_back();
      const auto sums =
          canonical_subtrees(shape.leaf_count, shape.host_leaves[static_cast<std::size_t>(host)]);
      for (const Subtree sum : sums) {
        own.emplace_back(blocks_, sum_of(shape.leaf_count, sum));
      }
      own.resize(static_cast<std::size_t>(plans_.back().vectors), Blocks(blocks_));
      flags_.push_back(1U << host);
    }
  }

  // The total of every host, each block of it put together from what the hosts sent.
  std::vector<std::vector<float>> run() {
    const auto depth =
        std::ranges::max(plans_, {}, [](const auto& p) { return p.rounds.size(); }).rounds.size();
    for (std::size_t round = depth; round-- > 0;) join(round);
    for (std::size_t host = 0; host < plans_.size(); ++host) {
      const ExchangePlan& plan = plans_[host];
      totals_.emplace_back(blocks_, 0.0F);
      const Blocks& sum = vectors_[host][static_cast<std::size_t>(plan.total_vector)];
      copy(sum, totals_.back(), plan.own_slice);
    }
    for (std::size_t round = 0; round < depth; ++round) return_totals(round);
    return totals_;
  }

  [[nodiscard]] const std::vector<std::uint32_t>& flags() const { return flags_; }
  [[nodiscard]] const std::vector<ExchangePlan>& plans() const { return plans_; }

 private:
  using Blocks = std::vector<float>;

  // The joining after which `rounds_left` are left, if this host has so many.
  [[nodiscard]] const ExchangePlan::Round* round_of(std::size_t host,
                                                    std::size_t rounds_left) const {
    const auto& rounds = plans_[host].rounds;
    return rounds_left < rounds.size() ? &rounds[rounds.size() - 1 - rounds_left] : nullptr;
  }

  static void copy(const Blocks& from, Blocks& to, Range part) {
    EXPECT_EQ(part.begin % kElement, 0);
    for (auto i = part.begin / kElement; i < part.end / kElement; ++i) {
      to[static_cast<std::size_t>(i)] = from[static_cast<std::size_t>(i)];
    }
  }

  void join(std::size_t rounds_left) {
    const auto before = vectors_;
    const auto flags_before = flags_;
    for (std::size_t host = 0; host < plans_.size(); ++host) {
      const auto* round = round_of(host, rounds_left);
      if (round == nullptr) continue;
      for (const auto& [peer, part] : round->received) {
        const auto from = static_cast<std::size_t>(peer);
        const auto* sender = round_of(from, rounds_left);
        ASSERT_NE(sender, nullptr);
        const ExchangePlan::Message sent{static_cast<int>(host), part};
        EXPECT_EQ(std::ranges::count(sender->sent, sent), 1);
        EXPECT_EQ(static_cast<std::int64_t>(sender->sent_vectors.size()), round->received_vectors);
        flags_[host] |= flags_before[from];
        std::vector<const Blocks*> received;
        for (const auto vector : sender->sent_vectors) {
          received.push_back(&before[from][static_cast<std::size_t>(vector)]);
        }
        add_up(*round, part, received, vectors_[host]);
      }
    }
  }

  static void add_up(const ExchangePlan::Round& round, Range part,
                     const std::vector<const Blocks*>& received, std::vector<Blocks>& own) {
    using Kind = ExchangePlan::Operation::Kind;
    for (const auto& [kind, into, from] : round.operations) {
      for (auto i = part.begin / kElement; i < part.end / kElement; ++i) {
        const auto at = static_cast<std::size_t>(i);
        float& sum = own[static_cast<std::size_t>(into)][at];
        const float value = kind == Kind::kAddOwn ? own[static_cast<std::size_t>(from)][at]
                                                  : (*received[static_cast<std::size_t>(from)])[at];
        sum = kind == Kind::kTakeReceived ? value : sum + value;
      }
    }
  }

  void return_totals(std::size_t rounds_left) {
    const auto before = totals_;
    for (std::size_t host = 0; host < plans_.size(); ++host) {
      const auto* round = round_of(host, rounds_left);
      if (round == nullptr) continue;
      for (const auto& [peer, part] : round->sent) {
        copy(before[static_cast<std::size_t>(peer)], totals_[host], part);
      }
    }
  }

  ExchangeShape shape_;
  std::size_t blocks_;
  std::vector<ExchangePlan> plans_;
  std::vector<std::vector<Blocks>> vectors_;
  std::vector<std::uint32_t> flags_;
  std::vector<Blocks> totals_;
};

void expect_right(const ExchangeShape& shape) {
  Simulation simulation(shape);
  const float expected = sum_by_definition(shape.leaf_count);
  for (const auto& total : simulation.run()) {
    for (const float value : total) ASSERT_EQ(value, expected);
  }
  for (const std::uint32_t flags : simulation.flags()) {
    ASSERT_EQ(flags, (1U << shape.hosts()) - 1);
  }
}

TEST(ExchangePlan, GivesEveryHostTheBitsOfTheTreeAndAllFlags) {
  for (int hosts = 1; hosts <= 17; ++hosts) {
    for (std::int64_t leaves = 1; leaves <= 33; ++leaves) {
      SCOPED_TRACE(testing::Message() << leaves << " leaves on " << hosts << " hosts");
      ASSERT_NO_FATAL_FAILURE(expect_right(shape_of(leaves, hosts, 64 * kElement)));
    }
  }
}

TEST(ExchangePlan, DoesSoForVectorsOfFewerBlocksThanHosts) {
  for (int hosts = 1; hosts <= 9; ++hosts) {
    for (std::int64_t blocks = 1; blocks <= 9; ++blocks) {
      SCOPED_TRACE(testing::Message() << blocks << " blocks on " << hosts << " hosts");
      ASSERT_NO_FATAL_FAILURE(expect_right(shape_of(11, hosts, blocks * kElement)));
    }
  }
}

// Hosts of 1 to 5 of the 16 workers, in any of many orders.
TEST(ExchangePlan, DoesSoForUnequalHosts) {
  std::vector<std::int64_t> workers = {1, 2, 3, 5, 5};
  do {
    for (std::int64_t leaves = 1; leaves <= 20; ++leaves) {
      ExchangeShape shape{leaves, {}, 7 * kElement};
      std::int64_t first = 0;
      for (const std::int64_t count : workers) {
        shape.host_leaves.push_back({part_of({0, leaves}, 16, first).begin,
                                     part_of({0, leaves}, 16, first + count - 1).end});
        first += count;
      }
      ASSERT_NO_FATAL_FAILURE(expect_right(shape));
    }
  } while (std::ranges::next_permutation(workers).found);
}

// 2 (H-1)/H of the vector, there and back, but for the rounding of slices to blocks.
std::int64_t optimal_elements(int hosts, std::int64_t vector_size) {
  return 2 * (hosts - 1) * vector_size / hosts;
}

std::int64_t most_vectors(const ExchangePlan& plan) {
  std::size_t most = 0;
  for (const auto& round : plan.rounds) most = std::max(most, round.sent_vectors.size());
  return static_cast<std::int64_t>(most);
}

TEST(ExchangePlan, SendsAsLittleAsPossible) {
  constexpr std::int64_t kSize = 84'064;
  for (int hosts = 2; hosts <= 64; ++hosts) {
    // As many leaves as hosts: one partial sum each. With a number of hosts that is no power of two
    // groups may have more, and some hosts bring more back than others.
    const ExchangeShape shape = shape_of(hosts, hosts, kSize);
    for (int host = 0; host < hosts; ++host) {
      const ExchangePlan plan(shape, host);
      const std::int64_t sent = sent_elements(plan);
      if (std::has_single_bit(static_cast<unsigned>(hosts))) {
        EXPECT_LE(sent, optimal_elements(hosts, kSize) + 4 * kElement) << hosts;
      } else {
        EXPECT_LE(4 * sent, 5 * most_vectors(plan) * optimal_elements(hosts, kSize)) << hosts;
      }
    }
  }
}

TEST(ExchangePlan, MeetsFewHostsInFewRounds) {
  for (int hosts = 2; hosts <= 67; ++hosts) {
    const ExchangeShape shape = shape_of(256, hosts, 100'000);
    for (int host = 0; host < hosts; ++host) {
      const ExchangePlan plan(shape, host);
      EXPECT_LE(plan.rounds.size(), std::bit_width(static_cast<unsigned>(hosts - 1)));
      for (const auto& round : plan.rounds) {
        EXPECT_LE(round.sent.size(), 3U) << hosts;
        EXPECT_LE(round.received.size(), 3U) << hosts;
      }
    }
  }
}

// The table of docs/performance.md.
TEST(ExchangePlan, TableOfBytes) {
  constexpr std::int64_t kSize = 84'064;
  std::puts("hosts  leaves  rounds  most bytes sent / optimal");
  for (const int hosts : {2, 3, 4, 5, 6, 7, 8, 16}) {
    for (const std::int64_t leaves : {4, 8, 16, 32}) {
      if (leaves < hosts) continue;
      const ExchangeShape shape = shape_of(leaves, hosts, kSize);
      std::int64_t most = 0;
      std::size_t rounds = 0;
      for (int host = 0; host < hosts; ++host) {
        const ExchangePlan plan(shape, host);
        most = std::max(most, sent_elements(plan));
        rounds = std::max(rounds, plan.rounds.size());
      }
      const double ratio =
          static_cast<double>(most) / static_cast<double>(optimal_elements(hosts, kSize));
      std::printf("%5d  %6d  %6zu  %.3f\n", hosts, static_cast<int>(leaves), rounds, ratio);
      if (std::has_single_bit(static_cast<unsigned>(hosts))) {
        EXPECT_LE(ratio, 1.001);
      }
    }
  }
}

}  // namespace
}  // namespace tally
