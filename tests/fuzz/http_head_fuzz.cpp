// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzzing.hpp"
#include "serve/request.hpp"

// The head of a request to the page's server. An input is: the address that the server listens at,
// how the bytes are cut into pieces; the bytes. What is accepted is looked at again, line by line.
namespace tally::serve {
namespace {

const std::vector<std::string> kAddresses = {"127.0.0.1", "::1", "0.0.0.0", "192.0.2.7"};
constexpr std::size_t kLargestBody = 4096;

using Result = std::optional<RequestHead::Result>;

Result read(const Audience& audience, std::string_view bytes, std::size_t piece) {
  RequestHead head(audience);
  Result result;
  while (!result && !bytes.empty()) {
    result = head.put(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return result;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The values of a header, found without the parser; lines that are folded are one.
std::vector<std::string> values(std::string_view head, std::string_view name) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", begin), head.size());
    const std::string_view line = head.substr(begin, end - begin);
    const bool is_folded = line.starts_with(' ') || line.starts_with('\t');
    if (is_folded && !lines.empty())
      lines.back() += " " + std::string(without_blanks(line));
    else
      lines.emplace_back(line);
    begin = end + 2;
  }
  std::vector<std::string> found;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = std::min(lines[i].find(':'), lines[i].size());
    if (lower(lines[i].substr(0, colon)) != name) continue;
    found.emplace_back(
        without_blanks(std::string_view(lines[i]).substr(std::min(colon + 1, lines[i].size()))));
  }
  return found;
}

bool is_address_text(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF.:[]") == std::string_view::npos;
}

void check_accepted(const Request& request, std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  check(end != std::string_view::npos, "a head that ends");
  const std::string_view head = bytes.substr(0, end);
  check(head.size() <= kLargestHeadBytes, "a head within the limit");
  const auto hosts = values(head, "host");
  check(hosts.size() == 1, "one Host");
  check(lower(hosts[0]).starts_with("localhost") || is_address_text(hosts[0]),
        "localhost or a numeric address", hosts[0]);
  const auto origins = values(head, "origin");
  check(origins.size() <= 1, "no Origin or one");
  check(origins.empty() || origins[0] == "http://" + hosts[0], "its own Origin");
  if (request.kind != Request::Kind::kPredict) {
    check(head.starts_with("GET ") || head.starts_with("HEAD "), "GET or HEAD", head);
    check(request.body_bytes == 0 && request.body_start.empty(), "no body");
    return;
  }
  check(head.starts_with("POST "), "POST", head);
  const auto lengths = values(head, "content-length");
  check(lengths.size() == 1 && std::to_string(request.body_bytes) ==
                                   lengths[0].substr(std::min(lengths[0].find_first_not_of('0'),
                                                              lengths[0].size() - 1)),
        "one Content-Length", lengths.empty() ? "" : lengths[0]);
  check(request.body_bytes <= kLargestBody, "a body within the limit");
  check(request.body_start.size() <= request.body_bytes, "no more of the body than announced");
  check(request.body_start == bytes.substr(end + 4, request.body_start.size()), "the body's bytes");
  check(values(head, "transfer-encoding").empty(), "no other coding of the body");
  check(values(head, "content-encoding").empty(), "no compression");
  check(values(head, "content-type").size() == 1, "one type");
}

void check_refused(const Refusal& refusal) {
  check(refusal.status >= 400 && refusal.status <= 505, "an HTTP status of a refusal");
  check(refusal.message.size() > 10 && refusal.message.size() < 5000, "a reason");
  check(printable_line(refusal.message) == refusal.message, "printable characters",
        refusal.message);
}

void check_same(const Result& whole, const Result& pieces) {
  // A fault may be seen earlier in the whole than in its pieces, but never be another one.
  if (!whole || !pieces) return;
  check(whole->index() == pieces->index(), "the same of the whole and its pieces");
  if (const auto* refusal = std::get_if<Refusal>(&*whole)) {
    check(refusal->status == std::get<Refusal>(*pieces).status, "the same refusal");
    return;
  }
  const auto& a = std::get<Request>(*whole);
  const auto& b = std::get<Request>(*pieces);
  check(a.kind == b.kind && a.body_bytes == b.body_bytes && a.has_no_body == b.has_no_body &&
            a.waits_to_continue == b.waits_to_continue,
        "the same request");
}

void read_head(Input input) {
  const ProcessorTimeLimit limit;
  const Audience audience{kAddresses[input.below(kAddresses.size())], kLargestBody};
  const std::size_t piece = input.byte() + 1;
  const std::string bytes = input.text(input.rest().size());
  const Result whole = read(audience, bytes, std::string::npos);
  check_same(whole, read(audience, bytes, piece));
  if (!whole) return;
  if (const auto* request = std::get_if<Request>(&*whole))
    check_accepted(*request, bytes);
  else
    check_refused(std::get<Refusal>(*whole));
}

}  // namespace
}  // namespace tally::serve

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::serve::read_head({data, size});
  return 0;
}
