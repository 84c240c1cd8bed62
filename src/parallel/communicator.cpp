// SPDX-License-Identifier: MIT
#include "tally/parallel/communicator.hpp"

#include <algorithm>

#include <mpi.h>
#include <unistd.h>

#include "communicator_handles.hpp"

namespace tally {
namespace {

constexpr int kRoot = 0;
constexpr int kTag = 1;

// The launched ranks that are on a host with this one, or pretend to be.
MPI_Comm host_of_launched(std::span<const int> pretended_hosts) {
  if (pretended_hosts.empty()) return host_of(MPI_COMM_WORLD);
  int rank = 0;
  mpi_check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
  const int number = pretended_hosts[rank % pretended_hosts.size()];
  MPI_Comm host = MPI_COMM_NULL;
  mpi_check(MPI_Comm_split(MPI_COMM_WORLD, number, rank, &host), "MPI_Comm_split");
  return host;
}

// The lowest launched rank of this rank's host: its number, in a sense.
int first_of_host(std::span<const int> pretended_hosts) {
  int first = 0;
  mpi_check(MPI_Comm_rank(MPI_COMM_WORLD, &first), "MPI_Comm_rank");
  const OwnedComm host(host_of_launched(pretended_hosts));
  mpi_check(MPI_Bcast(&first, 1, MPI_INT, kRoot, host.get()), "MPI_Bcast");
  return first;
}

// All launched ranks, sorted by the first of their host and then by launched rank.
MPI_Comm world_by_host(int first_on_host) {
  MPI_Comm sorted = MPI_COMM_NULL;
  mpi_check(MPI_Comm_split(MPI_COMM_WORLD, 0, first_on_host, &sorted), "MPI_Comm_split");
  return sorted;
}

template <typename Value>
std::vector<Value> gather_all_of(std::span<const Value> values, MPI_Datatype type, MPI_Comm comm,
                                 int size) {
  const int own = mpi_count(values.size());
  std::vector<int> counts(size), offsets;
  mpi_check(MPI_Allgather(&own, 1, MPI_INT, counts.data(), 1, MPI_INT, comm), "MPI_Allgather");
  int total = 0;
  for (const int count : counts) {
    offsets.push_back(total);
    total += count;
  }
  std::vector<Value> all(total);
  mpi_check(MPI_Allgatherv(values.data(), own, type, all.data(), counts.data(), offsets.data(),
                           type, comm),
            "MPI_Allgatherv");
  return all;
}

}  // namespace

MPI_Comm host_of(MPI_Comm comm) {
  MPI_Comm host = MPI_COMM_NULL;
  mpi_check(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host),
            "MPI_Comm_split_type");
  return host;
}

std::string own_host_name() {
  std::string name(MPI_MAX_PROCESSOR_NAME, '\0');
  int length = 0;
  mpi_check(MPI_Get_processor_name(name.data(), &length), "MPI_Get_processor_name");
  name.resize(length);
  return name;
}

Communicator::Communicator(std::span<const int> pretended_hosts)
    : Communicator(first_of_host(pretended_hosts)) {}

Communicator::Communicator(int first_on_host)
    : Communicator(std::make_unique<Handles>(OwnedComm(world_by_host(first_on_host)))) {
  const std::vector<int> firsts = gather_all(first_on_host);
  host_size_ = std::ranges::count(firsts, first_on_host);
  for (int rank = 1; rank <= rank_; ++rank) {
    if (firsts[rank] != firsts[rank - 1]) ++host_;
  }
}

Communicator::Communicator(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {
  mpi_check(MPI_Comm_rank(handles_->world.get(), &rank_), "MPI_Comm_rank");
  mpi_check(MPI_Comm_size(handles_->world.get(), &size_), "MPI_Comm_size");
  mpi_check(MPI_Comm_size(handles_->host.get(), &host_size_), "MPI_Comm_size");
}

std::unique_ptr<Communicator> Communicator::split(int color) const {
  MPI_Comm part = MPI_COMM_NULL;
  mpi_check(MPI_Comm_split(handles_->world.get(), color, rank_, &part), "MPI_Comm_split");
  return std::unique_ptr<Communicator>(
      new Communicator(std::make_unique<Handles>(OwnedComm(part))));
}

Communicator::~Communicator() = default;

const std::string& Communicator::host_name() const {
  return handles_->host_name;
}

std::string Communicator::place() const {
  return fmt::format("rank {} on host {}", rank_, handles_->host_name);
}

// What lets MPI abort may be broken itself: the process then ends by an alarm.
void Communicator::abort(ExitCode exit_code) const {
  constexpr unsigned kSeconds = 5;
  ::alarm(kSeconds);
  MPI_Abort(handles_->world.get(), static_cast<int>(exit_code));
  std::abort();
}

void Communicator::await_abort() const {
  constexpr unsigned kSeconds = 5;
  ::sleep(kSeconds);  // ended by any signal, be it only noted
  ::_exit(static_cast<int>(ExitCode::kFailure));
}

void Communicator::barrier() const {
  mpi_check(MPI_Barrier(handles_->world.get()), "MPI_Barrier");
}

void Communicator::broadcast(std::span<std::byte> bytes, int from) const {
  // In pieces, since MPI counts with int.
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  while (!bytes.empty()) {
    const std::span<std::byte> piece = bytes.first(std::min(kPiece, bytes.size()));
    mpi_check(
        MPI_Bcast(piece.data(), mpi_count(piece.size()), MPI_BYTE, from, handles_->world.get()),
        "MPI_Bcast");
    bytes = bytes.subspan(piece.size());
  }
}

std::string Communicator::broadcast(const std::string& text) const {
  std::size_t size = text.size();
  broadcast_value(size);
  std::string result = is_root() ? text : std::string(size, '\0');
  broadcast(std::as_writable_bytes(std::span(result)));
  return result;
}

std::int64_t Communicator::sum(std::int64_t value) const {
  mpi_check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_SUM, handles_->world.get()),
            "MPI_Allreduce");
  return value;
}

std::int64_t Communicator::sum_of_host(std::int64_t value) const {
  mpi_check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_SUM, handles_->host.get()),
            "MPI_Allreduce");
  return value;
}

std::int64_t Communicator::least(std::int64_t value) const {
  mpi_check(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_MIN, handles_->world.get()),
            "MPI_Allreduce");
  return value;
}

std::uint32_t Communicator::any_of(std::uint32_t bits) const {
  mpi_check(MPI_Allreduce(MPI_IN_PLACE, &bits, 1, MPI_UINT32_T, MPI_BOR, handles_->world.get()),
            "MPI_Allreduce");
  return bits;
}

void Communicator::any_of_host(std::span<std::uint64_t> bits) const {
  mpi_check(MPI_Allreduce(MPI_IN_PLACE, bits.data(), mpi_count(bits.size()), MPI_UINT64_T, MPI_BOR,
                          handles_->host.get()),
            "MPI_Allreduce");
}

void Communicator::sum(std::span<float> values) const {
  mpi_check(MPI_Allreduce(MPI_IN_PLACE, values.data(), mpi_count(values.size()), MPI_FLOAT, MPI_SUM,
                          handles_->world.get()),
            "MPI_Allreduce");
}

std::vector<double> Communicator::gather_all(std::span<const double> values) const {
  return gather_all_of(values, MPI_DOUBLE, handles_->world.get(), size_);
}

std::vector<std::int64_t> Communicator::gather_all(std::span<const std::int64_t> values) const {
  return gather_all_of(values, MPI_INT64_T, handles_->world.get(), size_);
}

std::vector<int> Communicator::gather_all(int value) const {
  std::vector<int> values(size_);
  mpi_check(MPI_Allgather(&value, 1, MPI_INT, values.data(), 1, MPI_INT, handles_->world.get()),
            "MPI_Allgather");
  return values;
}

std::vector<std::string> Communicator::gather_all(const std::string& text) const {
  const std::vector<int> sizes = gather_all(mpi_count(text.size()));
  const std::vector<char> all =
      gather_all_of(std::span<const char>(text), MPI_CHAR, handles_->world.get(), size_);
  std::vector<std::string> texts;
  auto from = all.begin();
  for (const int size : sizes) {
    texts.emplace_back(from, from + size);
    from += size;
  }
  return texts;
}

void Communicator::agree(const std::optional<Error>& error) const {
  const int failed_rank = least(error ? rank_ : size_);
  if (failed_rank == size_) return;
  auto code = static_cast<int>(error ? error->exit_code() : ExitCode::kFailure);
  std::string message = error ? error->what() : "";
  if (error && failed_rank != kRoot) message = place() + ": " + message;
  std::size_t size = message.size();
  MPI_Comm comm = handles_->world.get();
  mpi_check(MPI_Bcast(&code, 1, MPI_INT, failed_rank, comm), "MPI_Bcast");
  mpi_check(MPI_Bcast(&size, sizeof(size), MPI_BYTE, failed_rank, comm), "MPI_Bcast");
  message.resize(size);
  mpi_check(MPI_Bcast(message.data(), mpi_count(size), MPI_BYTE, failed_rank, comm), "MPI_Bcast");
  throw AgreedError(static_cast<ExitCode>(code), message);
}

void Communicator::send(int to, std::span<const std::byte> bytes) const {
  mpi_check(
      MPI_Send(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, to, kTag, handles_->world.get()),
      "MPI_Send");
}

std::size_t Communicator::receive(int from, std::span<std::byte> bytes) const {
  MPI_Status status;
  mpi_check(MPI_Recv(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, from, kTag,
                     handles_->world.get(), &status),
            "MPI_Recv");
  int count = 0;
  mpi_check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
  return count;
}

}  // namespace tally
