// SPDX-License-Identifier: MIT
#include "tally/parallel/message_round.hpp"

#include <algorithm>
#include <vector>

#include "communicator_handles.hpp"

namespace tally {

struct MessageRound::Requests {
  explicit Requests(MPI_Comm of) : comm(of) {}
  ~Requests() {
    for (MPI_Request& request : all) MPI_Request_free(&request);
  }
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  void add(MPI_Request request, int peer) {
    all.push_back(request);
    peers.push_back(peer);
    done.resize(all.size());
    is_open.resize(all.size());
  }

  // Whether something of this peer is still missing.
  [[nodiscard]] bool is_awaited(int peer) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (is_open[i] && peers[i] == peer) return true;
    }
    return false;
  }

  MPI_Comm comm;
  std::vector<MPI_Request> all;
  std::vector<int> peers;  // of each
  std::vector<int> done;   // room for the numbers of those that have ended
  std::vector<bool> is_open;
};

MessageRound::MessageRound(const Communicator& communicator)
    : requests_(std::make_unique<Requests>(communicator.handles_->world.get())) {}

MessageRound::~MessageRound() = default;
MessageRound::MessageRound(MessageRound&&) noexcept = default;

void MessageRound::send(int to, int number, std::span<const std::byte> bytes) {
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Send_init(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, to, number,
                          requests_->comm, &request),
            "MPI_Send_init");
  requests_->add(request, to);
}

void MessageRound::receive(int from, int number, std::span<std::byte> bytes) {
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_check(MPI_Recv_init(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, from, number,
                          requests_->comm, &request),
            "MPI_Recv_init");
  requests_->add(request, from);
}

void MessageRound::run(AwaitedPeers& awaited, std::span<const int> ranks) const {
  Requests& requests = *requests_;
  const auto count = mpi_count(requests.all.size());
  if (count == 0) return;
  const auto rank_of = [&](int peer) { return ranks[peer]; };
  for (std::size_t i = 0; i < requests.all.size(); ++i) {
    if (!requests.is_awaited(requests.peers[i])) awaited.add(rank_of(requests.peers[i]));
    requests.is_open[i] = true;
  }
  mpi_check(MPI_Startall(count, requests.all.data()), "MPI_Startall");
  for (int open = count; open > 0;) {
    int done = 0;
    mpi_check(
        MPI_Waitsome(count, requests.all.data(), &done, requests.done.data(), MPI_STATUSES_IGNORE),
        "MPI_Waitsome");
    for (int i = 0; i < done; ++i) {
      const int number = requests.done[i];
      requests.is_open[number] = false;
      const int peer = requests.peers[number];
      if (!requests.is_awaited(peer)) awaited.remove(rank_of(peer));
    }
    open -= done;
  }
}

}  // namespace tally
