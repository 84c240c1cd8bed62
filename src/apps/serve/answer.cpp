// SPDX-License-Identifier: MIT
#include "serve/answer.hpp"

#include <fmt/format.h>

namespace tally::serve {
namespace {

// One request for each connection: there is no next one whose beginning could be argued about.
constexpr std::string_view kHeadersOfAllAnswers =
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n";

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Bad Request";
  }
}

std::string text_of(int status, const std::string& more_headers, std::string_view type,
                    std::string_view body, bool has_no_body) {
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n{}{}Content-Type: {}\r\nContent-Length: {}\r\n\r\n", status,
                  reason_of(status), kHeadersOfAllAnswers, more_headers, type, body.size());
  if (!has_no_body) text += body;
  return text;
}

}  // namespace

std::string answer_text(std::string_view type, std::string_view body, bool has_no_body) {
  return text_of(200, "", type, body, has_no_body);
}

std::string answer_text(const Refusal& refusal) {
  std::string headers;
  if (refusal.status == 405) headers += "Allow: GET, HEAD, POST\r\n";
  if (refusal.retry_after_seconds > 0) {
    headers += fmt::format("Retry-After: {}\r\n", refusal.retry_after_seconds);
  }
  return text_of(refusal.status, headers, "text/plain; charset=utf-8", refusal.message + "\n",
                 refusal.has_no_body);
}

}  // namespace tally::serve
