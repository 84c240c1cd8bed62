// SPDX-License-Identifier: MIT
#pragma once

#include "tally/parallel/exchange_plan.hpp"

namespace tally {

/// Elements of the vector that a host sends by this plan, there and back.
inline std::int64_t sent_elements(const ExchangePlan& plan) {
  std::int64_t elements = 0;
  for (const ExchangePlan::Round& round : plan.rounds) {
    for (const ExchangePlan::Message& message : round.sent) {
      elements += message.part.size() * static_cast<std::int64_t>(round.sent_vectors.size());
    }
    for (const ExchangePlan::Message& message : round.received) elements += message.part.size();
  }
  return elements;
}

}  // namespace tally
