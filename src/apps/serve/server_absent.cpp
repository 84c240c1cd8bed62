// SPDX-License-Identifier: MIT
// In place of server.cpp where there is no Boost to build it with.
#include "serve/server.hpp"
#include "tally/core/error.hpp"

namespace tally::serve {

class Server::Implementation {};

Server::Server(const ServerOptions& /*options*/, AnswerImage /*answer*/) {
  fail(ExitCode::kUsage,
       "--serve: tally-predict was built without Boost; install its headers (libboost-dev), then "
       "configure and build again");
}

Server::~Server() = default;

std::string Server::url() const {
  return {};
}

void Server::serve() {}

void Server::stop() {}

}  // namespace tally::serve
