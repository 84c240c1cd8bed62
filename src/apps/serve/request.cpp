// SPDX-License-Identifier: MIT
#include "serve/request.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include "serve/address.hpp"
#include "tally/core/text.hpp"

namespace tally::serve {
namespace {

namespace http = boost::beast::http;
using Head = http::header<true, http::fields>;
using Parser = http::request_parser<http::empty_body>;

template <typename Text>  // Beast's own kind of string_view, which differs between its versions
std::string_view view(const Text& text) {
  return {text.data(), text.size()};
}

std::string_view value(const Head& head, http::field field) {
  const auto found = head.find(field);
  return found == head.end() ? std::string_view() : view(found->value());
}

/// But for the case of ASCII's letters. Beast's own comparison reads a byte behind the texts
/// (1.74).
bool is_same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// A web page elsewhere may let a name of its own point here and read the answers as its own (DNS
/// rebinding). It cannot do so under a numeric address, or the name that never leaves the machine.
bool is_own_host(const std::string& host, const std::string& address) {
  if (is_same_text(host, "localhost") || host == address) return true;
  return is_loopback(address) ? is_loopback(host) : is_numeric(host);
}

/// What names the server in the target of a proxy's request, "http://host:port/path"; else nothing.
std::string_view authority_of(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!is_same_text(target.substr(0, kScheme.size()), kScheme)) return {};
  target.remove_prefix(kScheme.size());
  return target.substr(0, target.find_first_of("/?"));
}

std::string_view path_of(std::string_view target) {
  if (const std::string_view authority = authority_of(target); !authority.empty()) {
    const auto begin = static_cast<std::size_t>(authority.end() - target.begin());
    target.remove_prefix(begin);
    if (!target.starts_with('/')) return "/";
  }
  return target.substr(0, target.find('?'));
}

std::optional<Refusal> refusal_of_sender(const Head& head, const std::string& address) {
  const std::string_view host = value(head, http::field::host);
  const std::string_view authority = authority_of(view(head.target()));
  const std::optional<std::string> name = host_of_authority(host);
  const bool is_one_host =
      head.count(http::field::host) == 1 && (authority.empty() || authority == host);
  if (!is_one_host || !name || !is_own_host(*name, address)) {
    return Refusal{403, fmt::format("expected a request to {} or localhost, got the host \"{}\"; "
                                    "open the address that tally-predict printed",
                                    address, printable(authority.empty() ? host : authority))};
  }
  const auto origins = head.count(http::field::origin);
  const std::string_view origin = value(head, http::field::origin);
  if (origins > 1 || (origins == 1 && origin != fmt::format("http://{}", host))) {
    return Refusal{
        403, fmt::format("only the page of this server may ask it, not {}", printable(origin))};
  }
  return std::nullopt;
}

/// One plain body of a stated length: neither compressed, which may grow to any size, nor in
/// chunks or parts. The type is one that other pages' scripts cannot send without asking first.
std::optional<Refusal> refusal_of_body(const Head& head, std::size_t most, Request& request) {
  std::int64_t length = -1;
  const bool has_length = head.count(http::field::content_length) == 1 &&
                          parse_number(value(head, http::field::content_length), length);
  if (!has_length || length < 0 || head.count(http::field::transfer_encoding) > 0) {
    return Refusal{411, "expected an image file of a stated length (one Content-Length)"};
  }
  if (static_cast<std::uint64_t>(length) > most) {
    return Refusal{413, fmt::format("the image file has {} bytes, expected at most {} MB; make it "
                                    "smaller",
                                    grouped(length), most >> 20)};
  }
  const std::string_view type = value(head, http::field::content_type);
  constexpr std::array<std::string_view, 3> kTypes = {"application/octet-stream", "image/png",
                                                      "image/jpeg"};
  const bool is_taken =
      head.count(http::field::content_type) == 1 &&
      std::ranges::any_of(kTypes, [=](auto one) { return is_same_text(type, one); });
  if (!is_taken || head.count(http::field::content_encoding) > 0) {
    return Refusal{415,
                   "expected an uncompressed body of type application/octet-stream, image/png "
                   "or image/jpeg"};
  }
  if (head.count(http::field::expect) > 0) {
    const std::string_view expected = value(head, http::field::expect);
    if (head.count(http::field::expect) > 1 || !is_same_text(expected, "100-continue")) {
      return Refusal{
          417, fmt::format("expected no Expect but 100-continue, got {}", printable(expected))};
    }
    request.waits_to_continue = request.knows_interim;
  }
  request.body_bytes = static_cast<std::size_t>(length);
  return std::nullopt;
}

std::optional<Request::Kind> kind_of(std::string_view path) {
  if (path == "/") return Request::Kind::kPage;
  if (path == "/healthz") return Request::Kind::kHealth;
  if (path == "/predict") return Request::Kind::kPredict;
  return std::nullopt;
}

RequestHead::Result request_of(const Head& head, const Audience& audience) {
  if (auto refusal = refusal_of_sender(head, audience.address)) return *refusal;
  const auto kind = kind_of(path_of(view(head.target())));
  if (!kind)
    return Refusal{404, "there are / and /healthz (GET), and /predict (POST of an image file)"};
  const http::verb method = head.method();
  const bool is_get = method == http::verb::get || method == http::verb::head;
  const bool has_body = kind == Request::Kind::kPredict;
  if (has_body ? method != http::verb::post : !is_get) {
    return Refusal{405, fmt::format("expected {}, got {}", has_body ? "POST" : "GET",
                                    printable(view(head.method_string())))};
  }
  Request request;
  request.kind = *kind;
  request.has_no_body = method == http::verb::head;
  request.knows_interim = head.version() >= 11;
  if (has_body) {
    if (auto refusal = refusal_of_body(head, audience.body_bytes, request)) return *refusal;
  }
  return request;
}

Refusal refusal_of_large(std::string_view head) {
  const bool is_line_whole = head.find("\r\n") != std::string_view::npos;
  return {is_line_whole ? 431 : 414,
          fmt::format("expected a head of at most {} KiB", kLargestHeadBytes >> 10)};
}

Refusal refusal_of_grammar(const boost::system::error_code& error) {
  if (error == http::error::bad_version)
    return {505, "expected version 1.1 or 1.0, and lines that end with CR LF"};
  return {400, fmt::format("this is no HTTP request: {}", error.message())};
}

}  // namespace

class RequestHead::Implementation {
 public:
  explicit Implementation(const Audience& audience) : audience_(audience) {
    parser_.header_limit(static_cast<std::uint32_t>(kLargestHeadBytes));
    parser_.body_limit(std::numeric_limits<std::uint64_t>::max());  // the parser reads no body
  }

  std::optional<Result> put(std::string_view bytes) {
    const std::string_view taken = bytes.substr(0, kLargestHeadBytes - received_.size());
    received_ += taken;
    boost::system::error_code error;
    parsed_ += parser_.put(
        boost::asio::buffer(received_.data() + parsed_, received_.size() - parsed_), error);
    if (error == http::error::header_limit) return refusal_of_large(received_);
    if (error && error != http::error::need_more) return refusal_of_grammar(error);
    if (!parser_.is_header_done()) {
      if (received_.size() < kLargestHeadBytes) return std::nullopt;
      return refusal_of_large(received_);
    }
    const Head& head = parser_.get().base();
    Result result = request_of(head, audience_);
    if (auto* request = std::get_if<Request>(&result)) {
      request->body_start = received_.substr(parsed_);
      request->body_start += bytes.substr(taken.size());
      request->body_start.resize(std::min(request->body_start.size(), request->body_bytes));
    } else {
      std::get<Refusal>(result).has_no_body = head.method() == http::verb::head;
    }
    return result;
  }

 private:
  const Audience& audience_;
  Parser parser_;
  std::string received_;
  std::size_t parsed_ = 0;
};

RequestHead::RequestHead(const Audience& audience)
    : implementation_(std::make_unique<Implementation>(audience)) {}

RequestHead::~RequestHead() = default;

std::optional<RequestHead::Result> RequestHead::put(std::string_view bytes) {
  return implementation_->put(bytes);
}

}  // namespace tally::serve
