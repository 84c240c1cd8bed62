// SPDX-License-Identifier: MIT
#include "tally/io/trial_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "tally/core/error.hpp"
#include "temporary_file.hpp"

namespace tally {

TrialFile::TrialFile(const std::filesystem::path& directory)
    : path_(temporary_name(directory / kTrialName)) {
  const int descriptor = open_file(path_, O_WRONLY | O_CREAT | O_EXCL);
  const int error_number = errno;
  require(descriptor >= 0, ExitCode::kUsage, "{}: cannot be written: {}; choose another --run-dir",
          directory.string(), system_error_text(error_number));
  ::close(descriptor);
}

TrialFile::~TrialFile() {
  remove_temporary_file(path_);
}

}  // namespace tally
