// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tally/core/error.hpp"
#include "tally/parallel/agreed_error.hpp"

// The ranks of a run, numbered by (host, rank within the host) whatever the launcher's placement,
// so that neighbours in number share a host. Every failing MPI call becomes an Error with MPI's own
// text. Only the main thread of a rank may communicate.
namespace tally {

class Communicator {
 public:
  /// All ranks that were launched together. With `pretended_hosts`, launched rank r pretends to be
  /// on the host of that number at position r (from the beginning again if there are fewer),
  /// whatever its host: for tests. Collective: every rank must call.
  explicit Communicator(std::span<const int> pretended_hosts = {});
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool is_root() const { return rank_ == 0; }
  /// The ranks on this rank's host.
  [[nodiscard]] int host_size() const { return host_size_; }
  /// The number of this rank's host.
  [[nodiscard]] int host() const { return host_; }
  /// As MPI calls it.
  [[nodiscard]] const std::string& host_name() const;
  /// "rank 3 on host n2", for messages.
  [[nodiscard]] std::string place() const;

  /// Ends all ranks at once. Not collective: for a rank that fails alone.
  [[noreturn]] void abort(ExitCode exit_code) const;
  /// Waits for another rank to do so. Not collective: for a rank that one that failed has let down.
  [[noreturn]] void await_abort() const;

  // --- Collective: every rank must call. ---

  /// The ranks that call with the same `color`, in the same order.
  [[nodiscard]] std::unique_ptr<Communicator> split(int color) const;

  /// Returns once all have called.
  void barrier() const;

  /// What rank `from` has.
  void broadcast(std::span<std::byte> bytes, int from = 0) const;
  [[nodiscard]] std::string broadcast(const std::string& text) const;
  template <typename Value>
  void broadcast_value(Value& value) const {
    broadcast(std::as_writable_bytes(std::span(&value, 1)));
  }

  [[nodiscard]] std::int64_t sum(std::int64_t value) const;
  [[nodiscard]] std::int64_t least(std::int64_t value) const;
  [[nodiscard]] std::uint32_t any_of(std::uint32_t bits) const;  ///< or-ed over ranks
  /// Or-ed over the ranks of this host.
  void any_of_host(std::span<std::uint64_t> bits) const;
  /// Over the ranks of this host.
  [[nodiscard]] std::int64_t sum_of_host(std::int64_t value) const;
  /// Element by element, in an order of MPI's choosing: the bits depend on the ranks.
  void sum(std::span<float> values) const;

  /// What all ranks have, in the order of the ranks.
  [[nodiscard]] std::vector<double> gather_all(std::span<const double> values) const;
  [[nodiscard]] std::vector<std::int64_t> gather_all(std::span<const std::int64_t> values) const;
  /// The value of each rank.
  [[nodiscard]] std::vector<int> gather_all(int value) const;
  [[nodiscard]] std::vector<std::string> gather_all(const std::string& text) const;

  /// Throws an AgreedError on every rank if any rank passes an error: that of the lowest such rank.
  void agree(const std::optional<Error>& error) const;
  /// Runs `work` on rank 0, or on every rank; all ranks leave together if it throws.
  template <typename Work>
  void on_root(Work&& work) const {
    agree(is_root() ? error_of(work) : std::nullopt);
  }
  template <typename Work>
  void together(Work&& work) const {
    agree(error_of(work));
  }

  // --- Between two ranks. ---

  void send(int to, std::span<const std::byte> bytes) const;
  /// Receives up to the size of `bytes`; returns how many came.
  std::size_t receive(int from, std::span<std::byte> bytes) const;

 private:
  friend class MessageRound;
  struct Handles;
  explicit Communicator(int first_on_host);
  explicit Communicator(std::unique_ptr<Handles> handles);

  std::unique_ptr<Handles> handles_;
  int rank_ = 0;
  int size_ = 1;
  int host_size_ = 1;
  int host_ = 0;
};

}  // namespace tally
