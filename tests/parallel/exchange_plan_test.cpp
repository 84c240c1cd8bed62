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

float node_value(std::int64_t leaf_count, TreeNode node) {
  if (node.level == 0) return leaf_value(node.index);
  const TreeNode left{node.level - 1, 2 * node.index}, right{node.level - 1, 2 * node.index + 1};
  const float sum = node_value(leaf_count, left);
  const bool has_right = right.index << right.level < leaf_count;
  return has_right ? sum + node_value(leaf_count, right) : sum;
}

ExchangeShape shape_of(std::int64_t leaves, int nodes, std::int64_t vector_size) {
  ExchangeShape shape{leaves, {}, vector_size};
  for (int node = 0; node < nodes; ++node) {
    shape.node_leaves.push_back(part_of({0, leaves}, nodes, node));
  }
  return shape;
}

// All nodes of a job, one element per block of the vector, exchanging as their plans say.
class Simulation {
 public:
  explicit Simulation(const ExchangeShape& shape)
      : shape_(shape), blocks_(static_cast<std::size_t>(shape.vector_size / kElement)) {
    for (int node = 0; node < shape.nodes(); ++node) {
      plans_.emplace_back(shape, node);
      auto& own = vectors_.emplace_back();
      const auto sums =
          canonical_nodes(shape.leaf_count, shape.node_leaves[static_cast<std::size_t>(node)]);
      for (const TreeNode sum : sums) {
        own.emplace_back(blocks_, node_value(shape.leaf_count, sum));
      }
      own.resize(static_cast<std::size_t>(plans_.back().vectors), Blocks(blocks_));
      flags_.push_back(1U << node);
    }
  }

  // The total of every node, each block of it put together from what the nodes sent.
  std::vector<std::vector<float>> run() {
    const auto depth =
        std::ranges::max(plans_, {}, [](const auto& p) { return p.rounds.size(); }).rounds.size();
    for (std::size_t round = depth; round-- > 0;) join(round);
    for (std::size_t node = 0; node < plans_.size(); ++node) {
      const ExchangePlan& plan = plans_[node];
      totals_.emplace_back(blocks_, 0.0F);
      const Blocks& sum = vectors_[node][static_cast<std::size_t>(plan.total_vector)];
      copy(sum, totals_.back(), plan.own_slice);
    }
    for (std::size_t round = 0; round < depth; ++round) return_totals(round);
    return totals_;
  }

  [[nodiscard]] const std::vector<std::uint32_t>& flags() const { return flags_; }
  [[nodiscard]] const std::vector<ExchangePlan>& plans() const { return plans_; }

 private:
  using Blocks = std::vector<float>;

  // The joining after which `rounds_left` are left, if this node has so many.
  [[nodiscard]] const ExchangePlan::Round* round_of(std::size_t node,
                                                    std::size_t rounds_left) const {
    const auto& rounds = plans_[node].rounds;
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
    for (std::size_t node = 0; node < plans_.size(); ++node) {
      const auto* round = round_of(node, rounds_left);
      if (round == nullptr) continue;
      for (const auto& [peer, part] : round->received) {
        const auto from = static_cast<std::size_t>(peer);
        const auto* sender = round_of(from, rounds_left);
        ASSERT_NE(sender, nullptr);
        const ExchangePlan::Message sent{static_cast<int>(node), part};
        EXPECT_EQ(std::ranges::count(sender->sent, sent), 1);
        EXPECT_EQ(static_cast<std::int64_t>(sender->sent_vectors.size()), round->received_vectors);
        flags_[node] |= flags_before[from];
        std::vector<const Blocks*> received;
        for (const auto vector : sender->sent_vectors) {
          received.push_back(&before[from][static_cast<std::size_t>(vector)]);
        }
        add_up(*round, part, received, vectors_[node]);
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
    for (std::size_t node = 0; node < plans_.size(); ++node) {
      const auto* round = round_of(node, rounds_left);
      if (round == nullptr) continue;
      for (const auto& [peer, part] : round->sent) {
        copy(before[static_cast<std::size_t>(peer)], totals_[node], part);
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
    ASSERT_EQ(flags, (1U << shape.nodes()) - 1);
  }
}

TEST(ExchangePlan, GivesEveryNodeTheBitsOfTheTreeAndAllFlags) {
  for (int nodes = 1; nodes <= 17; ++nodes) {
    for (std::int64_t leaves = 1; leaves <= 33; ++leaves) {
      SCOPED_TRACE(testing::Message() << leaves << " leaves on " << nodes << " nodes");
      ASSERT_NO_FATAL_FAILURE(expect_right(shape_of(leaves, nodes, 64 * kElement)));
    }
  }
}

TEST(ExchangePlan, DoesSoForVectorsOfFewerBlocksThanNodes) {
  for (int nodes = 1; nodes <= 9; ++nodes) {
    for (std::int64_t blocks = 1; blocks <= 9; ++blocks) {
      SCOPED_TRACE(testing::Message() << blocks << " blocks on " << nodes << " nodes");
      ASSERT_NO_FATAL_FAILURE(expect_right(shape_of(11, nodes, blocks * kElement)));
    }
  }
}

// Nodes of 1 to 5 of the 16 workers, in any of many orders.
TEST(ExchangePlan, DoesSoForUnequalNodes) {
  std::vector<std::int64_t> workers = {1, 2, 3, 5, 5};
  do {
    for (std::int64_t leaves = 1; leaves <= 20; ++leaves) {
      ExchangeShape shape{leaves, {}, 7 * kElement};
      std::int64_t first = 0;
      for (const std::int64_t count : workers) {
        shape.node_leaves.push_back({part_of({0, leaves}, 16, first).begin,
                                     part_of({0, leaves}, 16, first + count - 1).end});
        first += count;
      }
      ASSERT_NO_FATAL_FAILURE(expect_right(shape));
    }
  } while (std::ranges::next_permutation(workers).found);
}

// 2 (H-1)/H of the vector, there and back, but for the rounding of slices to blocks.
std::int64_t optimal_elements(int nodes, std::int64_t vector_size) {
  return 2 * (nodes - 1) * vector_size / nodes;
}

std::int64_t most_vectors(const ExchangePlan& plan) {
  std::size_t most = 0;
  for (const auto& round : plan.rounds) most = std::max(most, round.sent_vectors.size());
  return static_cast<std::int64_t>(most);
}

TEST(ExchangePlan, SendsAsLittleAsPossible) {
  constexpr std::int64_t kSize = 84'064;
  for (int nodes = 2; nodes <= 64; ++nodes) {
    // As many leaves as nodes: one partial sum each. With a number of nodes that is no power of two
    // groups may have more, and some nodes bring more back than others.
    const ExchangeShape shape = shape_of(nodes, nodes, kSize);
    for (int node = 0; node < nodes; ++node) {
      const ExchangePlan plan(shape, node);
      const std::int64_t sent = sent_elements(plan);
      if (std::has_single_bit(static_cast<unsigned>(nodes))) {
        EXPECT_LE(sent, optimal_elements(nodes, kSize) + 4 * kElement) << nodes;
      } else {
        EXPECT_LE(4 * sent, 5 * most_vectors(plan) * optimal_elements(nodes, kSize)) << nodes;
      }
    }
  }
}

TEST(ExchangePlan, MeetsFewNodesInFewRounds) {
  for (int nodes = 2; nodes <= 67; ++nodes) {
    const ExchangeShape shape = shape_of(256, nodes, 100'000);
    for (int node = 0; node < nodes; ++node) {
      const ExchangePlan plan(shape, node);
      EXPECT_LE(plan.rounds.size(), std::bit_width(static_cast<unsigned>(nodes - 1)));
      for (const auto& round : plan.rounds) {
        EXPECT_LE(round.sent.size(), 3U) << nodes;
        EXPECT_LE(round.received.size(), 3U) << nodes;
      }
    }
  }
}

// The table of docs/performance.md.
TEST(ExchangePlan, TableOfBytes) {
  constexpr std::int64_t kSize = 84'064;
  std::puts("hosts  leaves  rounds  most bytes sent / optimal");
  for (const int nodes : {2, 3, 4, 5, 6, 7, 8, 16}) {
    for (const std::int64_t leaves : {4, 8, 16, 32}) {
      if (leaves < nodes) continue;
      const ExchangeShape shape = shape_of(leaves, nodes, kSize);
      std::int64_t most = 0;
      std::size_t rounds = 0;
      for (int node = 0; node < nodes; ++node) {
        const ExchangePlan plan(shape, node);
        most = std::max(most, sent_elements(plan));
        rounds = std::max(rounds, plan.rounds.size());
      }
      const double ratio =
          static_cast<double>(most) / static_cast<double>(optimal_elements(nodes, kSize));
      std::printf("%5d  %6d  %6zu  %.3f\n", nodes, static_cast<int>(leaves), rounds, ratio);
      if (std::has_single_bit(static_cast<unsigned>(nodes))) {
        EXPECT_LE(ratio, 1.001);
      }
    }
  }
}

}  // namespace
}  // namespace tally
