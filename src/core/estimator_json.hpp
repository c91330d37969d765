#pragma once

// The members of the JSON form, in one place for its writer and its reader.
namespace azureml::core::member {

inline constexpr char const* kReference = "data_reference";
inline constexpr char const* kNumber = "number";    ///< `{"number": "nan"}`: JSON itself has no such number.
inline constexpr char const* kAppended = "append";  ///< Third element of a parameter that `append` added.

}  // namespace azureml::core::member
