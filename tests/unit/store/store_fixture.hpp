#pragma once
#include "engine/store/store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include <stdlib.h>

namespace azureml::engine::store {

/// A store in a directory of its own.
class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "azureml-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    store_ = std::make_unique<Store>(file());
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  [[nodiscard]] std::filesystem::path file() const { return directory_ / "store.db"; }
  void reopen() {
    store_.reset();
    store_ = std::make_unique<Store>(file());
  }
  static JobRecord a_job(std::string const& name, std::int64_t created = 1'700'000'000) {
    return {.name = name, .experiment = "diabetes", .definition = "{}", .created = TimePoint{} + std::chrono::seconds(created)};
  }

  std::filesystem::path directory_{};
  std::unique_ptr<Store> store_{};
};

}  // namespace azureml::engine::store
