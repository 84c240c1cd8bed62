// SPDX-License-Identifier: MIT
#include "tally/data/dataset_files.hpp"

#include <string_view>
#include <system_error>
#include <vector>

#include "tally/core/error.hpp"
#include "tally/core/text.hpp"

namespace tally {
namespace {

constexpr std::string_view kRemedy = "run scripts/get_mnist.sh, or pass --data DIR";

struct NameParts {
  std::string_view before;  // "train-images"
  std::string_view after;   // "idx3-ubyte", after a dash or a dot
};

NameParts name_parts(Split split, IdxContent content) {
  const bool is_train = split == Split::kTrain;
  if (content == IdxContent::kImages)
    return {is_train ? "train-images" : "t10k-images", "idx3-ubyte"};
  return {is_train ? "train-labels" : "t10k-labels", "idx1-ubyte"};
}

std::vector<std::string> accepted_names(Split split, IdxContent content) {
  const NameParts parts = name_parts(split, content);
  std::vector<std::string> names;
  const auto add = [&](std::string_view after) {
    const std::string dash = fmt::format("{}-{}", parts.before, after);
    const std::string dot = fmt::format("{}.{}", parts.before, after);
    names.insert(names.end(), {dash, dot, dash + ".gz", dot + ".gz"});
  };
  add(parts.after);
  if (content == IdxContent::kImages) add("idx4-ubyte");
  return names;
}

void require_directory(const std::filesystem::path& directory) {
  std::error_code error;
  const auto status = std::filesystem::status(directory, error);
  require(std::filesystem::exists(status), ExitCode::kUsage,
          "{}: cannot be opened ({}), expected a directory with IDX files; {}", directory.string(),
          system_error_text(error.value()), kRemedy);
  require(std::filesystem::is_directory(status), ExitCode::kUsage,
          "{}: is a file, expected a directory with IDX files; {}", directory.string(), kRemedy);
}

// The first of the names that can be opened. Some archives unpack a directory of the same name
// beside the file: it is taken only if there is nothing else, for opening it to say what is wrong.
std::filesystem::path find_file(const std::filesystem::path& directory, Split split,
                                IdxContent content) {
  const auto names = accepted_names(split, content);
  std::filesystem::path found;
  for (const std::string& name : names) {
    std::error_code ignored;
    const auto status = std::filesystem::status(directory / name, ignored);
    if (status.type() == std::filesystem::file_type::not_found) continue;
    if (!std::filesystem::is_directory(status)) return directory / name;
    if (found.empty()) found = directory / name;
  }
  require(!found.empty(), ExitCode::kUsage,
          "{}: has no {} {}s (looked for {} and {}, each also with .gz); {}", directory.string(),
          split == Split::kTrain ? "training" : "test", item_noun(content), names[0], names[1],
          kRemedy);
  return found;
}

}  // namespace

std::string idx_file_name(Split split, IdxContent content) {
  return accepted_names(split, content).front();
}

SplitFiles find_split_files(const std::filesystem::path& directory, Split split) {
  require_directory(directory);
  return {find_file(directory, split, IdxContent::kImages),
          find_file(directory, split, IdxContent::kLabels)};
}

DatasetFiles find_dataset_files(const std::filesystem::path& directory) {
  return {find_split_files(directory, Split::kTrain), find_split_files(directory, Split::kTest)};
}

void require_same_count(const SplitFiles& files, std::int64_t image_count,
                        std::int64_t label_count) {
  require(image_count == label_count, ExitCode::kUsage,
          "{}: holds {}, but {} holds {}; download both again", files.images.string(),
          counted(image_count, "image"), files.labels.string(), counted(label_count, "label"));
}

}  // namespace tally
