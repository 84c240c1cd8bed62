// SPDX-License-Identifier: MIT
#include "tally/parallel/host_exchange.hpp"

#include <algorithm>
#include <cassert>

#include "tally/core/summation_tree.hpp"

namespace tally {
namespace {

// Numbers of the messages between two leaders in one round.
constexpr int kFlags = 0;
constexpr int kFirstVector = 1;

std::span<float> part_of_vector(float* vector, Range part) {
  return std::span(vector + part.begin, part.size());
}

std::int64_t received_elements(const ExchangePlan::Round& round) {
  std::int64_t elements = 0;
  for (const auto& message : round.received) {
    elements += message.part.size() * round.received_vectors;
  }
  return elements;
}

}  // namespace

TreeExchange::TreeExchange(Peers peers, std::span<const ReductionPlan> plans,
                           const ExchangeVectors& vectors)
    : peers_(std::move(peers)), total_(vectors.total), received_flags_(peers_.leaders.size()) {
  for (const ReductionPlan& plan : plans) {
    routes_.push_back(std::make_unique<Route>(make_route(plan, vectors)));
  }
}

TreeExchange::Route TreeExchange::make_route(const ReductionPlan& of,
                                             const ExchangeVectors& vectors) {
  const auto size = std::ssize(total_);
  Route route{&of, ExchangePlan({of.leaf_count, of.host_leaves, size}, peers_.leaders.rank()),
              {},  {},
              {},  {}};
  const ExchangePlan& plan = route.plan;
  const auto own = std::min(std::ssize(vectors.partials), plan.vectors);
  route.vectors.assign(vectors.partials.begin(), vectors.partials.begin() + own);
  route.room.resize((plan.vectors - own) * size);
  for (std::int64_t i = 0; i < plan.vectors - own; ++i) {
    route.vectors.push_back(route.room.data() + i * size);
  }
  std::int64_t most = 0;
  for (const auto& round : plan.rounds) most = std::max(most, received_elements(round));
  route.received.resize(most);
  for (const auto& round : plan.rounds) route.rounds.push_back(make_round(round, route));
  return route;
}

TreeExchange::Round TreeExchange::make_round(const ExchangePlan::Round& planned, Route& route) {
  Round round{MessageRound(peers_.leaders), MessageRound(peers_.leaders), {}, planned.operations};
  float* place = route.received.data();
  for (const auto& [host, part] : planned.received) {
    std::uint32_t& flags = received_flags_[host];
    round.there.receive(host, kFlags, std::as_writable_bytes(std::span(&flags, 1)));
    if (part.is_empty()) continue;
    round.pieces.push_back({part, place});
    for (int i = 0; i < planned.received_vectors; ++i) {
      const std::span<float> received = part_of_vector(place, {0, part.size()});
      round.there.receive(host, kFirstVector + i, std::as_writable_bytes(received));
      place += part.size();
    }
    round.back.send(host, kFirstVector, std::as_bytes(part_of_vector(total_.data(), part)));
  }
  for (const auto& [host, part] : planned.sent) {
    round.there.send(host, kFlags, std::as_bytes(std::span(&flags_, 1)));
    if (part.is_empty()) continue;
    int number = kFirstVector;
    for (const std::int64_t vector : planned.sent_vectors) {
      float* from = route.vectors[vector];
      round.there.send(host, number++, std::as_bytes(part_of_vector(from, part)));
    }
    const std::span<float> completed = part_of_vector(total_.data(), part);
    round.back.receive(host, kFirstVector, std::as_writable_bytes(completed));
  }
  return round;
}

const TreeExchange::Route& TreeExchange::route_of(const ReductionPlan& plan) const {
  const auto found = std::ranges::find(routes_, &plan, [](const auto& s) { return s->of; });
  assert(found != routes_.end());
  return **found;
}

std::uint32_t TreeExchange::sum(const ReductionPlan& plan, std::uint32_t flags) {
  const Route& route = route_of(plan);
  flags_ = flags;
  for (const Round& round : route.rounds) {
    std::ranges::fill(received_flags_, 0);
    round.there.run(peers_.awaited, peers_.ranks);
    for (const std::uint32_t received : received_flags_) flags_ |= received;
    add_up(route, round);
  }
  const Range own = route.plan.own_slice;
  const float* sum = route.vectors[route.plan.total_vector];
  std::copy(sum + own.begin, sum + own.end, total_.begin() + own.begin);
  for (auto round = route.rounds.rbegin(); round != route.rounds.rend(); ++round) {
    round->back.run(peers_.awaited, peers_.ranks);
  }
  return flags_;
}

void TreeExchange::add_up(const Route& route, const Round& round) const {
  using Kind = ExchangePlan::Operation::Kind;
  for (const Piece& piece : round.pieces) {
    const Range whole{0, piece.part.size()};
    const auto own = [&](std::int64_t vector) { return route.vectors[vector] + piece.part.begin; };
    for (const auto& [kind, into, from] : round.operations) {
      const float* source =
          kind == Kind::kAddOwn ? own(from) : piece.received + from * piece.part.size();
      if (kind == Kind::kTakeReceived) {
        std::copy(source, source + piece.part.size(), own(into));
      } else {
        add_vectors(own(into), source, whole);
      }
    }
  }
}

std::uint32_t MpiExchange::sum(const ReductionPlan& plan, std::uint32_t flags) {
  const Range whole{0, std::ssize(vectors_.total)};
  std::ranges::fill(vectors_.total, 0.0F);
  for (std::size_t i = 0; i < plan.host_partials.size(); ++i) {
    add_vectors(vectors_.total.data(), vectors_.partials[i], whole);
  }
  leaders_.sum(vectors_.total);
  return leaders_.any_of(flags);
}

}  // namespace tally
