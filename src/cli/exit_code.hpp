#pragma once

namespace azureml::cli {

/// What the program's exit says; scripts rely on these numbers.
inline constexpr int kSuccess = 0;
inline constexpr int kError = 1;
inline constexpr int kUsage = 2;        ///< Wrong options, or an estimator with faults; nothing was changed.
inline constexpr int kRunFailed = 3;
inline constexpr int kRunCanceled = 4;
inline constexpr int kInterrupted = 130;

}  // namespace azureml::cli
