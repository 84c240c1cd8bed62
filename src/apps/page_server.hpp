// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

// Serves the page to draw on, and answers what it asks, to browsers on this machine. Clients are
// hostile until proven: a request has bounded length and time, whatever it announces; methods,
// hosts and origins are checked, so that no other web page can use this one; the number of
// connections is bounded, and who comes later waits.
namespace tally {

struct PageServerOptions {
  std::string address = "127.0.0.1";  ///< a numeric one, of IPv4 or IPv6
  int port = 0;                       ///< 0: any that is free
};

/// An image file in, JSON out. Called by many threads at once.
using AnswerImage = std::function<std::string(std::span<const std::byte>)>;

class PageServer {
 public:
  /// Opens the port: connections are accepted, and wait for serve(). Throws an Error if it cannot.
  PageServer(const PageServerOptions& options, AnswerImage answer);
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  /// "http://127.0.0.1:8080/"
  [[nodiscard]] std::string url() const;

  /// Serves until stop() is called. Throws an Error if the port is lost.
  void serve();

  /// To be called once, by another thread than serve(). What is being read is cut off.
  void stop();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tally
