#include "engine/routes/file_copy.hpp"

#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

namespace azureml::engine::routes {
namespace {

base::UniqueFd memory_file(std::string const& text = {}) {
  base::UniqueFd file{::memfd_create("copy", MFD_CLOEXEC)};
  base::write_all(file.get(), text, "a file in memory");
  return file;
}

std::string text_of(base::UniqueFd const& file) {
  std::string text(1 << 20, '\0');
  auto const count = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

KernelCopy refusing(int code, int& calls) {
  return [code, &calls](int, off_t*, int, std::size_t) -> ssize_t {
    ++calls;
    errno = code;
    return -1;
  };
}

TEST(FileCopy, PieceOfAFile_IsAddedWhereTheTargetStands) {
  auto const source = memory_file("0123456789"), target = memory_file("before ");
  EXPECT_EQ(copy_piece(source.get(), 2, target.get(), 5), 5U);
  base::write_all(target.get(), " after", "a file in memory");
  EXPECT_EQ(text_of(target), "before 23456 after");
}

TEST(FileCopy, PieceBeyondTheEnd_IsAsMuchAsThereIs) {
  auto const source = memory_file("0123"), target = memory_file();
  EXPECT_EQ(copy_piece(source.get(), 1, target.get(), 10), 3U);
  EXPECT_EQ(copy_piece(source.get(), 4, target.get(), 10), 0U);
  EXPECT_EQ(copy_piece(source.get(), 0, target.get(), 0), 0U);
  EXPECT_EQ(text_of(target), "123");
}

TEST(FileCopy, RefusedByTheKernel_GoesThroughABuffer) {
  std::string const text(700'000, 'x');
  for (int const code : {EXDEV, ENOSYS, EINVAL, EOPNOTSUPP, EPERM}) {
    auto const source = memory_file("ab" + text + "yz"), target = memory_file("<");
    int calls = 0;
    EXPECT_EQ(copy_piece(source.get(), 1, target.get(), text.size() + 2, refusing(code, calls)), text.size() + 2);
    EXPECT_TRUE(text_of(target) == "<b" + text + "y") << code;
    EXPECT_EQ(calls, 1) << code;
  }
}

TEST(FileCopy, RefusedInTheMiddle_GoesOnWhereItWas) {
  auto const source = memory_file("0123456789"), target = memory_file();
  int calls = 0;
  auto const copy = [&](int from, off_t* offset, int to, std::size_t length) -> ssize_t {
    if (++calls == 2) {
      errno = EINTR;
      return -1;
    }
    if (calls < 4) return kernel_copy(from, offset, to, std::min<std::size_t>(length, 3));
    return 0;
  };
  EXPECT_EQ(copy_piece(source.get(), 1, target.get(), 8, copy), 8U);
  EXPECT_EQ(text_of(target), "12345678");
  EXPECT_EQ(calls, 4);
}

TEST(FileCopy, OtherErrors_AreToldAsTheyAre) {
  for (int const code : {ENOSPC, EIO, EDQUOT}) {
    auto const source = memory_file("0123"), target = memory_file();
    int calls = 0;
    try {
      copy_piece(source.get(), 0, target.get(), 4, refusing(code, calls));
      ADD_FAILURE() << code;
    } catch (std::system_error const& error) {
      EXPECT_EQ(error.code().value(), code);
    }
    EXPECT_EQ(text_of(target), "");
  }
}

}  // namespace
}  // namespace azureml::engine::routes
