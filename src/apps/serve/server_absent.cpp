// SPDX-License-Identifier: MIT
// In place of page_server.cpp where there is no Boost to build it with.
#include "serve/server.hpp"
#include "tally/core/error.hpp"

namespace tally {

class PageServer::Implementation {};

PageServer::PageServer(const PageServerOptions& /*options*/, AnswerImage /*answer*/) {
  fail(ExitCode::kUsage,
       "--serve: tally-predict was built without Boost; install its headers (libboost-dev), then "
       "configure and build again");
}

PageServer::~PageServer() = default;

std::string PageServer::url() const {
  return {};
}

void PageServer::serve() {}

void PageServer::stop() {}

}  // namespace tally
