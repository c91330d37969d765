#pragma once
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace azureml::cli {

/// `{"files","bytes","skipped","resumed_bytes","paths"}`
std::string to_json_text(TransferReport const& report);
/// `3 files, 1.5 MiB; 2 were there already`
std::string describe(TransferReport const& report);
/// What is known of a transfer that was interrupted, and how to go on. @param done "downloaded" or "uploaded"
std::string describe_interrupted(TransferProgress const& last, std::string_view done);

/// Makes a transfer and returns 0. After Ctrl-C it says what is kept and returns the exit code for that; other errors
/// are thrown.
int run_transfer(Interrupt const& interrupt, Progress& progress, std::string_view done,
                 std::function<void()> const& transfer);

}  // namespace azureml::cli
