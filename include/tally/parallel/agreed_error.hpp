// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <new>
#include <optional>

#include "tally/core/error.hpp"

// What the ranks agree on when something fails on some of them (Communicator::agree).
namespace tally {

/// An error that all ranks throw together, so that all can leave in good order.
class AgreedError : public Error {
 public:
  using Error::Error;
};

/// The Error that `work` throws, if any; other exceptions become one.
template <typename Work>
std::optional<Error> error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ExitCode::kFailure, "out of memory");
  } catch (const std::exception& error) {
    return Error(ExitCode::kFailure, error.what());
  }
  return std::nullopt;
}

}  // namespace tally
