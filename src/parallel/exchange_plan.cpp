// SPDX-License-Identifier: MIT
#include "tally/parallel/exchange_plan.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "tally/core/aligned_vector.hpp"

namespace tally {
namespace {

Range left_half(Range group) {
  return {group.begin, group.begin + (group.size() + 1) / 2};
}

Range right_half(Range group) {
  return {left_half(group).end, group.end};
}

// The hosts of a group in the order of their slices: those of its halves in turns. So a member's
// slice of the joined group lies within its slice of its half, or nearly so if the halves are
// unequal; with one half after the other, some members would keep nothing of what they have.
std::vector<int> slice_order(Range group) {
  if (group.size() == 1) return std::vector<int>(1, group.begin);
  const std::vector<int> left = slice_order(left_half(group));
  const std::vector<int> right = slice_order(right_half(group));
  std::vector<int> order;
  for (std::size_t i = 0; i < left.size(); ++i) {
    order.push_back(left[i]);
    if (i < right.size()) order.push_back(right[i]);
  }
  return order;
}

// A group with the slice of each of its members.
class Division {
 public:
  Division(std::int64_t vector_size, Range group)
      : vector_size_(vector_size), order_(slice_order(group)) {}

  [[nodiscard]] const std::vector<int>& hosts() const { return order_; }

  [[nodiscard]] std::int64_t position_of(int host) const {
    return std::ranges::find(order_, host) - order_.begin();
  }

  [[nodiscard]] Range slice_of(int host) const {
    return part_of({0, vector_size_}, std::ssize(order_), position_of(host), kAlignmentElements);
  }

  // The member that the host at `position` of another group hears from in any case.
  [[nodiscard]] int partner_of(std::int64_t position) const {
    return order_[std::min(position, std::ssize(order_) - 1)];
  }

 private:
  std::int64_t vector_size_;
  std::vector<int> order_;
};

Range common(Range a, Range b) {
  const std::int64_t begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

// Two groups that become one.
struct Joining {
  Division from, to, joined;

  // What `sender` of the one group has of what `receiver` of the other keeps.
  [[nodiscard]] Range part(int sender, int receiver) const {
    return common(from.slice_of(sender), joined.slice_of(receiver));
  }
  // Each member hears from somebody in every round, be it by an empty message: the flags of a step
  // travel in these messages, and must reach all.
  [[nodiscard]] bool is_sent(int sender, int receiver) const {
    return !part(sender, receiver).is_empty() ||
           from.partner_of(to.position_of(receiver)) == sender;
  }
};

std::vector<Subtree> partial_sums(const ExchangeShape& shape, Range group) {
  const Range leaves{shape.host_leaves[group.begin].begin, shape.host_leaves[group.end - 1].end};
  return canonical_subtrees(shape.leaf_count, leaves);
}

}  // namespace

ExchangePlan::ExchangePlan(const ExchangeShape& shape, int host) {
  const Range own{host, host + 1};
  own_partials = vectors = std::ssize(partial_sums(shape, own));
  for (std::int64_t vector = 0; vector < own_partials; ++vector) held_.push_back(vector);
  const Range all{0, shape.hosts()};
  join_groups(shape, host, all);
  own_slice = Division(shape.vector_size, all).slice_of(host);
  assert(held_.size() == 1);
  total_vector = held_.front();
}

// From the smallest group of this host to that of all. Invariant: after each round the group's
// partial sums, within this host's slice of the group, are in the vectors `held_`, from left to
// right.
void ExchangePlan::join_groups(const ExchangeShape& shape, int host, Range group) {
  if (group.size() == 1) return;
  const Range left = left_half(group), right = right_half(group);
  const bool is_left = host < left.end;
  join_groups(shape, host, is_left ? left : right);

  const Division own(shape.vector_size, is_left ? left : right);
  const Division other(shape.vector_size, is_left ? right : left);
  const Division joined(shape.vector_size, group);
  const Joining there{own, other, joined}, back{other, own, joined};
  Round round;
  for (const int peer : other.hosts()) {
    if (there.is_sent(host, peer)) round.sent.push_back({peer, there.part(host, peer)});
    if (back.is_sent(peer, host)) round.received.push_back({peer, back.part(peer, host)});
  }
  round.sent_vectors = held_;
  rounds.push_back(std::move(round));
  add_up(shape, left, right, is_left);
}

void ExchangePlan::add_up(const ExchangeShape& shape, Range left, Range right, bool is_left) {
  Round& round = rounds.back();
  std::vector<Subtree> sums = partial_sums(shape, left);
  const std::vector<Subtree> right_sums = partial_sums(shape, right);
  std::vector<Place> left_places = is_left ? own_places(held_) : received_places(sums.size());
  const std::vector<Place> right_places =
      is_left ? received_places(right_sums.size()) : own_places(held_);
  round.received_vectors = is_left ? std::ssize(right_sums) : std::ssize(sums);
  sums.insert(sums.end(), right_sums.begin(), right_sums.end());
  left_places.insert(left_places.end(), right_places.begin(), right_places.end());

  // Both groups are neighbours in the tree, so their partial sums in a row are those of a run of
  // leaves, and what can be added of them now is what the tree adds.
  const MergePlan merge = plan_merge(shape.leaf_count, sums);
  for (const Addition addition : merge.additions) add(round, left_places, addition);
  held_.clear();
  for (const auto& entry : merge.remaining) {
    held_.push_back(keep(round, left_places[entry.slot]));
  }
}

// Sums are always in vectors of this host: a + b and b + a have the same bits.
void ExchangePlan::add(Round& round, std::vector<Place>& places, Addition addition) {
  Place& into = places[addition.into];
  Place& from = places[addition.from];
  if (!into.is_own) std::swap(into, from);
  assert(into.is_own);  // what is the other group's alone, it has added up
  using Kind = Operation::Kind;
  round.operations.push_back(
      {from.is_own ? Kind::kAddOwn : Kind::kAddReceived, into.vector, from.vector});
  // To be used again: another vector is needed only where more partial sums wait than ever before.
  if (from.is_own) free_.push_back(from.vector);
}

// The vector that a partial sum is kept in.
std::int64_t ExchangePlan::keep(Round& round, const Place& place) {
  if (place.is_own) return place.vector;
  if (free_.empty()) free_.push_back(vectors++);
  const std::int64_t vector = free_.back();
  free_.pop_back();
  round.operations.push_back({Operation::Kind::kTakeReceived, vector, place.vector});
  return vector;
}

std::vector<ExchangePlan::Place> ExchangePlan::own_places(
    const std::vector<std::int64_t>& vectors) {
  std::vector<Place> places;
  for (const std::int64_t vector : vectors) places.push_back({true, vector});
  return places;
}

std::vector<ExchangePlan::Place> ExchangePlan::received_places(std::int64_t count) {
  std::vector<Place> places;
  for (std::int64_t i = 0; i < count; ++i) places.push_back({false, i});
  return places;
}

}  // namespace tally
