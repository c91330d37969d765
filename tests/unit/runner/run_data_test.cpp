#include "engine/runner/run_data.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace azureml::engine::runner {
namespace {

TEST(RunData, WrittenAndRead_IsTheSame) {
  for (auto const kind :
       {DataInput::Kind::folder, DataInput::Kind::file, DataInput::Kind::web, DataInput::Kind::text}) {
    DataInput const input{.name = "x", .kind = kind, .mount = true, .address = "azureml://a", .source = "/s"};
    EXPECT_EQ(data_input_from(to_json(input)), input);
  }
  for (auto const kind : {DataOutput::Kind::folder, DataOutput::Kind::file, DataOutput::Kind::text}) {
    DataOutput const output{.name = "o",
                            .kind = kind,
                            .address = "a",
                            .container = "c",
                            .directory = "/d",
                            .path = "p/q",
                            .asset_name = "n",
                            
                            .asset_type = "uri_folder"};
    EXPECT_EQ(data_output_from(to_json(output)), output);
  }
}

TEST(RunData, MembersThatAreMissingOrOfAnotherKind_AreNamed) {
  auto input = to_json(DataInput{.name = "x"});
  input.erase("source");
  EXPECT_THROW(data_input_from(input), std::runtime_error);
  input = to_json(DataInput{.name = "x"});
  input["kind"] = "pipe";
  EXPECT_THROW(data_input_from(input), std::runtime_error);
  input = to_json(DataInput{.name = "x"});
  input["mount"] = "yes";
  EXPECT_THROW(data_input_from(input), std::runtime_error);
  EXPECT_THROW(data_input_from(nlohmann::json("x")), std::runtime_error);
  auto output = to_json(DataOutput{.name = "o"});
  output["path"] = 3;
  EXPECT_THROW(data_output_from(output), std::runtime_error);
}

TEST(BlobNameFault, NamesOfBlobs_HaveNoneAndOthersOne) {
  for (std::string const name : {"a", "a/b.txt", "ä/ö", "a b/%20", ".hidden", "a$b", "..a"})
    EXPECT_EQ(blob_name_fault(name), "") << name;
  for (std::string const name :
       {"", "/a", "a/", "a//b", ".", "..", "a/..", "a/./b", "a\\b", "a\nb", "a\x7f", "\xff", "a/\xc3"})
    EXPECT_NE(blob_name_fault(name), "") << name;
  EXPECT_NE(blob_name_fault(std::string(256, 'a')), "");
  EXPECT_NE(blob_name_fault(std::string(255, 'a') + "/" + std::string(255, 'b') + "/" + std::string(255, 'c') + "/" +
                            std::string(255, 'd') + "/e"),
            "");
}

TEST(LocalFileName, LastStep_IsMadeFitForAShell) {
  EXPECT_EQ(local_file_name("a/b/train.csv"), "train.csv");
  EXPECT_EQ(local_file_name("my file.csv"), "my file.csv");
  EXPECT_EQ(local_file_name("a/$x\"`\\\n.csv"), "_x____.csv");
  for (auto const* text : {"", "a/", "..", "a/."}) EXPECT_EQ(local_file_name(text), "data") << text;
  auto const name = local_file_name(std::string(300, 'a') + "\xc3\xa4.parquet");
  EXPECT_LE(name.size(), 255U);
  EXPECT_TRUE(name.ends_with("\xc3\xa4.parquet"));
  // A character that is cut in two is left out.
  EXPECT_EQ(local_file_name("x\xc3\xa4" + std::string(254, 'b')), std::string(254, 'b'));
  EXPECT_TRUE(stands_in_quotes(local_file_name("$(x)`y`\"\\\n")));
}

}  // namespace
}  // namespace azureml::engine::runner
