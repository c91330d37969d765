#include "engine/runner/run_manager.hpp"

#include <string_view>

int main(int count, char** words) {
  if (count == 3 && std::string_view(words[1]) == "supervise") return azureml::engine::runner::supervise(words[2]);
  return 64;
}
