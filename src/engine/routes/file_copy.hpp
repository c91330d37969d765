#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace azureml::engine::routes {

/// Copies within the kernel from `*offset` of a file, moving it, to where another file stands; as `copy_file_range`: -1
/// and errno, 0 at the end.
using KernelCopy = std::function<ssize_t(int source, off_t* offset, int target, std::size_t length)>;
ssize_t kernel_copy(int source, off_t* offset, int target, std::size_t length);

/// Copies a piece of a file to where `target` stands, within the kernel where that works, else through a small buffer.
/// Gives how much of the piece there was. @throws std::system_error
std::uint64_t copy_piece(int source, std::uint64_t offset, int target, std::uint64_t length,
                         KernelCopy const& copy = kernel_copy);

}  // namespace azureml::engine::routes
