// SPDX-License-Identifier: MIT
#include "page_request.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include "page_address.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

namespace http = boost::beast::http;
using namespace std::chrono_literals;
using Head = http::header<true, http::fields>;
using Parser = http::request_parser<http::empty_body>;

// Of a request line and its headers; a browser's have about one.
constexpr std::size_t kLargestHeadBytes = 32 << 10;
constexpr auto kLongestHead = 5s;
constexpr std::int64_t kLargestBodyBytes = 16 << 20;

template <typename Text>  // Beast's own kind of string_view, which differs between its versions
std::string_view view(const Text& text) {
  return {text.data(), text.size()};
}

std::string_view value(const Head& head, http::field field) {
  const auto found = head.find(field);
  return found == head.end() ? std::string_view() : view(found->value());
}

/// Without the port, and without the brackets of IPv6. A tunnel may have another port.
std::string host_name(std::string_view host_and_port) {
  const bool has_brackets = host_and_port.starts_with('[');
  const std::size_t end = host_and_port.find(has_brackets ? ']' : ':');
  const std::size_t begin = has_brackets ? 1 : 0;
  return std::string(
      host_and_port.substr(begin, end == std::string_view::npos ? end : end - begin));
}

/// A web page elsewhere may let a name of its own point here and read the answers as its own (DNS
/// rebinding). It cannot do so under a numeric address, or the name that never leaves the machine.
bool is_own_host(const std::string& host, const std::string& address) {
  if (host == "localhost" || host == address) return true;
  return is_loopback(address) ? is_numeric(host) && is_loopback(host) : is_numeric(host);
}

std::optional<Refusal> refusal_of_sender(const Head& head, const std::string& address) {
  const std::string_view host = value(head, http::field::host);
  if (head.count(http::field::host) != 1 || !is_own_host(host_name(host), address)) {
    return Refusal{403, fmt::format("expected a request to {} or localhost, got the host \"{}\"; "
                                    "open the address that tally-predict printed",
                                    address, host)};
  }
  const std::string_view origin = value(head, http::field::origin);
  if (head.count(http::field::origin) > 0 && origin != fmt::format("http://{}", host)) {
    return Refusal{403, fmt::format("only the page of this server may ask it, not {}", origin)};
  }
  return std::nullopt;
}

/// One plain body of a stated length: neither compressed, which may grow to any size, nor in
/// chunks or parts. The type is one that other pages' scripts cannot send without asking first.
std::optional<Refusal> refusal_of_body(const Head& head, std::size_t& body_bytes) {
  std::int64_t length = -1;
  const bool has_length = head.count(http::field::content_length) == 1 &&
                          parse_number(value(head, http::field::content_length), length);
  if (!has_length || length < 0 || head.count(http::field::transfer_encoding) > 0) {
    return Refusal{411, "expected an image file of a stated length (one Content-Length)"};
  }
  if (length > kLargestBodyBytes) {
    return Refusal{413, fmt::format("the image file has {} bytes, expected at most {} MB; make it "
                                    "smaller",
                                    grouped(length), kLargestBodyBytes >> 20)};
  }
  const std::string_view type = value(head, http::field::content_type);
  const bool is_taken =
      type == "application/octet-stream" || type == "image/png" || type == "image/jpeg";
  if (!is_taken || head.count(http::field::content_encoding) > 0) {
    return Refusal{415,
                   "expected an uncompressed body of type application/octet-stream, image/png "
                   "or image/jpeg"};
  }
  body_bytes = static_cast<std::size_t>(length);
  return std::nullopt;
}

std::variant<PageRequest, Refusal> request_of(const Head& head, const std::string& address) {
  if (auto refusal = refusal_of_sender(head, address)) return *refusal;
  const std::string_view target = view(head.target());
  const std::string_view path = target.substr(0, target.find('?'));
  const bool is_page = path == "/";
  if (!is_page && path != "/predict") {
    return Refusal{404, "there are / (GET) and /predict (POST of an image file)"};
  }
  const http::verb method = head.method();
  const bool is_get = method == http::verb::get || method == http::verb::head;
  if (is_page ? !is_get : method != http::verb::post) {
    return Refusal{405, fmt::format("expected {}, got {}", is_page ? "GET" : "POST",
                                    view(head.method_string()))};
  }
  PageRequest request;
  if (is_page) {
    request.kind =
        method == http::verb::get ? PageRequest::Kind::kPage : PageRequest::Kind::kPageHead;
    return request;
  }
  request.kind = PageRequest::Kind::kPredict;
  request.waits_to_continue = boost::beast::iequals(head[http::field::expect], "100-continue");
  if (auto refusal = refusal_of_body(head, request.body_bytes)) return *refusal;
  return request;
}

const Refusal kTooLarge = {
    431, fmt::format("expected a head of at most {} KiB", kLargestHeadBytes >> 10)};

}  // namespace

std::variant<PageRequest, Refusal> read_head(PageConnection& connection,
                                             const std::string& address) {
  connection.allow(kLongestHead);
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(kLargestHeadBytes));
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());  // the parser reads no body
  std::vector<char> buffer(kLargestHeadBytes);
  std::size_t begin = 0, end = 0;
  boost::system::error_code error;
  while (!parser.is_header_done()) {
    const std::size_t count = connection.read(std::span(buffer).subspan(end));
    if (count == 0) return end == buffer.size() ? kTooLarge : Refusal{0, ""};
    end += count;
    begin += parser.put(boost::asio::buffer(buffer.data() + begin, end - begin), error);
    if (error == http::error::header_limit) return kTooLarge;
    if (error && error != http::error::need_more) {
      return Refusal{400, fmt::format("this is no HTTP request: {}", error.message())};
    }
  }
  auto result = request_of(parser.get().base(), address);
  if (auto* request = std::get_if<PageRequest>(&result)) {
    const std::size_t rest = std::min(end - begin, request->body_bytes);
    request->body_start.assign(buffer.data() + begin, rest);
  }
  return result;
}

}  // namespace tally
