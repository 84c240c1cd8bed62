// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tally::serve {

/// Why a request is not answered, with its HTTP status.
struct Refusal {
  int status = 400;
  std::string message;
  bool has_no_body = false;     ///< the request was HEAD
  int retry_after_seconds = 0;  ///< if it may be sent again
};

/// A request whose sender, method and path may be answered, and whose body can be read.
struct Request {
  enum class Kind { kPage, kHealth, kPredict };
  Kind kind = Kind::kPage;
  bool has_no_body = false;  ///< HEAD instead of GET
  std::size_t body_bytes = 0;
  bool waits_to_continue = false;  ///< the client sends the body once it is told to
  bool knows_interim = true;       ///< HTTP/1.1: the client skips answers of status 100
  std::string body_start;          ///< what came of the body together with the head
};

/// What a server answers to.
struct Audience {
  std::string address;         ///< the one that it listens at
  std::size_t body_bytes = 0;  ///< the largest body
};

/// Of a request line and its headers; a browser's have about one.
inline constexpr std::size_t kLargestHeadBytes = 32 << 10;

/// Reads the head of one request as it comes, and looks at all of it before anything of it is used.
class RequestHead {
 public:
  explicit RequestHead(const Audience& audience);
  ~RequestHead();
  RequestHead(const RequestHead&) = delete;
  RequestHead& operator=(const RequestHead&) = delete;

  using Result = std::variant<Request, Refusal>;

  /// Takes the next bytes. Nothing until the head is whole, or refused; not to be called after.
  std::optional<Result> put(std::string_view bytes);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace tally::serve
