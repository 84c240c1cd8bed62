// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tally/core/range.hpp"
#include "tally/core/summation_tree.hpp"

// Who sends what to whom when hosts sum a vector along the summation tree: a pure function of its
// arguments.
//
// Hosts in order form a binary tree of groups, cut in halves. Each group holds the partial sums of
// its leaves, the vector divided among its members. When two groups join, each member keeps part of
// its slice and sends the rest, of every partial sum, to the members of the other group that keep
// it: vector halving, nearest hosts first, so that every group's leaves are neighbours in the tree
// (Thakur et al., "Optimization of Collective Communication Operations in MPICH", 2005, for a power
// of two of hosts). The slices of the left and the right group lie in turns, which lets groups of
// unequal size keep what they have: each host sends a part of the vector at most once, and meets at
// most two others in a round, whatever the number of hosts. Then the way back, with the total.
namespace tally {

/// The leaves of each host and the vector, of which slices begin at multiples of 64 bytes.
struct ExchangeShape {
  std::int64_t leaf_count = 0;
  std::vector<Range> host_leaves;  ///< contiguous, in the order of the hosts; may be empty
  std::int64_t vector_size = 0;

  [[nodiscard]] int hosts() const { return std::ssize(host_leaves); }
};

struct ExchangePlan {
  /// What host `host` does.
  ExchangePlan(const ExchangeShape& shape, int host);

  /// A part of the vector; an empty one still says that the sender has come so far.
  struct Message {
    int host = 0;
    Range part;
    friend bool operator==(const Message&, const Message&) = default;
  };

  /// What happens to a partial sum within the part of a message received. Numbers are those of this
  /// host's vectors, or count the partial sums received.
  struct Operation {
    enum class Kind { kAddOwn, kAddReceived, kTakeReceived } kind = Kind::kAddOwn;
    std::int64_t into = 0;
    std::int64_t from = 0;
  };

  /// The joining of two groups.
  struct Round {
    std::vector<Message> sent, received;
    std::vector<std::int64_t> sent_vectors;  ///< that the group's partial sums are in
    std::int64_t received_vectors = 0;       ///< partial sums of the other group
    std::vector<Operation> operations;
  };
  std::vector<Round> rounds;

  std::int64_t own_partials = 0;  ///< vectors 0, 1, ... hold them at the beginning
  std::int64_t vectors = 0;       ///< in use at any time
  std::int64_t total_vector = 0;  ///< where the total of `own_slice` is in the end
  Range own_slice;

 private:
  void join_groups(const ExchangeShape& shape, int host, Range group);
  void add_up(const ExchangeShape& shape, Range left, Range right, bool is_left);

  // Where a partial sum is: in a vector of this host, or among those received.
  struct Place {
    bool is_own = true;
    std::int64_t vector = 0;
  };
  static std::vector<Place> own_places(const std::vector<std::int64_t>& vectors);
  static std::vector<Place> received_places(std::int64_t count);
  void add(Round& round, std::vector<Place>& places, Addition addition);
  std::int64_t keep(Round& round, const Place& place);

  std::vector<std::int64_t> held_;  // the vectors of the group's partial sums
  std::vector<std::int64_t> free_;  // vectors whose sum has gone into another one
};

}  // namespace tally
