// SPDX-License-Identifier: MIT
#include "page_request.hpp"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "page_address.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr std::int64_t kLargestBodyBytes = 16 << 20;

/// Without the port, and without the brackets of IPv6. A tunnel may have another port.
std::string host_name(const std::string& host_and_port) {
  const bool has_brackets = host_and_port.starts_with('[');
  const std::size_t end = host_and_port.find(has_brackets ? ']' : ':');
  const std::size_t begin = has_brackets ? 1 : 0;
  return host_and_port.substr(begin, end == std::string::npos ? end : end - begin);
}

/// A web page elsewhere may let a name of its own point here and read the answers as its own (DNS
/// rebinding). It cannot do so under a numeric address, or the name that never leaves the machine.
bool is_own_host(const std::string& host, const std::string& address) {
  if (host == "localhost" || host == address) return true;
  return is_loopback(address) ? is_numeric(host) && is_loopback(host) : is_numeric(host);
}

bool has_one(const httplib::Request& request, const char* header) {
  return request.get_header_value_count(header) == 1;
}

std::optional<Refusal> refusal_of_sender(const httplib::Request& request,
                                         const std::string& address) {
  const std::string host = request.get_header_value("Host");
  if (!has_one(request, "Host") || !is_own_host(host_name(host), address)) {
    return Refusal{403, fmt::format("expected a request to {} or localhost, got the host \"{}\"; "
                                    "open the address that tally-predict printed",
                                    address, host)};
  }
  const std::string origin = request.get_header_value("Origin");
  if (request.has_header("Origin") && origin != "http://" + host) {
    return Refusal{403, fmt::format("only the page of this server may ask it, not {}", origin)};
  }
  return std::nullopt;
}

/// One plain body of a stated length: neither compressed, which may grow to any size, nor in
/// chunks or parts. The type is one that other pages' scripts cannot send without asking first.
std::optional<Refusal> refusal_of_body(const httplib::Request& request) {
  std::int64_t length = -1;
  const bool has_length = has_one(request, "Content-Length") &&
                          parse_number(request.get_header_value("Content-Length"), length);
  if (!has_length || length < 0 || request.has_header("Transfer-Encoding")) {
    return Refusal{411, "expected an image file of a stated length (one Content-Length)"};
  }
  if (length > kLargestBodyBytes) {
    return Refusal{413, fmt::format("the image file has {} bytes, expected at most {} MB; make it "
                                    "smaller",
                                    grouped(length), kLargestBodyBytes >> 20)};
  }
  const std::string type = request.get_header_value("Content-Type");
  const bool is_taken =
      type == "application/octet-stream" || type == "image/png" || type == "image/jpeg";
  if (!is_taken || request.has_header("Content-Encoding")) {
    return Refusal{415,
                   "expected an uncompressed body of type application/octet-stream, image/png "
                   "or image/jpeg"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> refusal_of(const httplib::Request& request, const std::string& address) {
  if (auto refusal = refusal_of_sender(request, address)) return refusal;
  const bool is_page = request.path == "/";
  if (!is_page && request.path != "/predict") {
    return Refusal{404, "there are / (GET) and /predict (POST of an image file)"};
  }
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (is_page ? !is_get : request.method != "POST") {
    return Refusal{405,
                   fmt::format("expected {}, got {}", is_page ? "GET" : "POST", request.method)};
  }
  return is_page ? std::nullopt : refusal_of_body(request);
}

std::size_t body_length(const httplib::Request& request) {
  std::int64_t length = 0;
  if (refusal_of_body(request) ||
      !parse_number(request.get_header_value("Content-Length"), length)) {
    return 0;
  }
  return static_cast<std::size_t>(length);
}

}  // namespace tally
