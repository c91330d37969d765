#pragma once
// What the addresses of data stand for in this workspace.
#include "engine/runner/data_uri.hpp"
#include "engine/store/home.hpp"
#include "engine/store/store.hpp"

#include <optional>
#include <string>

namespace azureml::engine::routes {

/// The version that the address of a data asset names; without a version the newest that is not archived.
std::optional<store::DataRecord> find_data(store::Store& store, runner::DataUri const& uri);

/// Why data cannot be read at (or written to) an address, as the end of a sentence that begins with what has the
/// address; empty when it can. Nothing is looked up outside this engine, and signatures are not repeated.
std::string fault_of_source(std::string const& address, store::Store& store, store::Identity const& identity);
std::string fault_of_target(std::string const& address, store::Store& store, store::Identity const& identity);

/// The address without what may be a signature.
std::string shown_address(std::string const& address);
/// Addresses of the same place are equal in this form, whatever their spelling.
std::string canonical_address(std::string const& address);
/// With subscription, resource group and workspace, as the data plane writes it; other addresses stay as they are.
std::string long_address(std::string const& address);

}  // namespace azureml::engine::routes
