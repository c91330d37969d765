#include "engine/runner/fold_data.hpp"

#include "engine/runner/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

namespace azureml::engine::runner {
namespace {

using nlohmann::json;
constexpr char kOfOutput[] = "azureml-cpp.output";

std::string text_of(json const& object, char const* name) {
  auto const found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t number_of(json const& object, char const* name) {
  auto const found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::string next_version(std::vector<store::DataRecord> const& versions) {
  std::uint64_t last = 0;
  for (auto const& each : versions) {
    std::uint64_t number = 0;
    auto const* end = each.version.data() + each.version.size();
    auto const [stop, error] = std::from_chars(each.version.data(), end, number);
    if (error == std::errc{} && stop == end && number < UINT64_MAX) last = std::max(last, number);
  }
  return std::to_string(last + 1);
}

}  // namespace

DataNews data_news(JournalRecord const& record) {
  DataNews news;
  if (record.event != "stored" && record.event != "registered") return news;
  auto const members = json::parse(record.text, nullptr, false);
  if (!members.is_object()) return news;
  if (record.event == "stored") {
    news.stored = DataNews::Stored{.begin = number_of(members, "begin"), .end = number_of(members, "end")};
  } else if (!text_of(members, "asset").empty()) {
    news.registered = DataNews::Registered{.output = text_of(members, "output"),
                                           .asset = text_of(members, "asset"),
                                           .type = text_of(members, "type"),
                                           .address = text_of(members, "address")};
  }
  return news;
}

std::uint64_t record_blobs(store::Store& database, std::filesystem::path const& manifest,
                           std::filesystem::path const& blobs, std::uint64_t begin, std::uint64_t end,
                           std::size_t lines_max) {
  auto const part = read_manifest(manifest, begin, end, lines_max);
  auto const records = blobs_in_place(part.lines, blobs);
  if (records.empty()) return part.next;
  std::set<std::string> containers;
  for (auto const& record : records)
    if (containers.insert(record.container).second && !database.has_container(record.container))
      database.add_container(record.container);
  database.put_blobs(records);
  return part.next;
}

void register_output(store::Store& database, std::string const& run_id, DataNews::Registered const& output) {
  auto const mark = run_id + "/" + output.output;
  auto const versions = database.list_data_versions(output.asset);
  for (auto const& each : versions)
    if (auto const found = each.properties.find(kOfOutput); found != each.properties.end() && found->second == mark)
      return;
  database.add_data({.name = output.asset,
                     .version = next_version(versions),
                     .type = output.type,
                     .uri = output.address,
                     .properties = {{kOfOutput, mark}},
                     .created = std::chrono::system_clock::now()});
}

}  // namespace azureml::engine::runner
