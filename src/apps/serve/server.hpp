// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "serve/limits.hpp"
#include "serve/worker.hpp"

// Serves the page to draw on, and answers what it asks, to browsers on this machine. Clients are
// hostile until proven: a request has bounded length and time, whatever it announces; methods,
// hosts and origins are checked, so that no other web page can use this one. One thread moves all
// bytes and never waits for a client; another one reads the images.
namespace tally::serve {

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< a numeric one, of IPv4 or IPv6
  int port = 0;                       ///< 0: any that is free
  Limits limits = {};
};

class Server {
 public:
  /// Opens the port: connections wait for serve(). Throws an Error if it cannot.
  Server(const ServerOptions& options, AnswerImage answer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:8080/"
  [[nodiscard]] std::string url() const;

  /// Serves until stop() is called. Throws an Error if the port is lost.
  void serve();

  /// To be called once, by another thread than serve(). What is being read is cut off, and the
  /// image that is worked on is stopped.
  void stop();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tally::serve
