#include "engine/routes/members.hpp"

// The members of the service's resources: the union over the api-versions that its clients send, and those its replies add, which come
// back in a request when a client sends what it has read.

namespace azureml::engine::routes {
namespace {

using Kind = MemberKind;

ObjectType const kLiteralInput{"LiteralJobInput",
                               {{"jobInputType", Kind::text}, {"description", Kind::text}, {"value", Kind::text}}};

ObjectType data_input(std::string_view name) {
  return {name,
          {{"jobInputType", Kind::text},
           {"description", Kind::text},
           {"uri", Kind::text},
           {"mode", Kind::text},
           {"pathOnCompute", Kind::text}}};
}
ObjectType data_output(std::string_view name) {
  return {name,
          {{"jobOutputType", Kind::text},
           {"description", Kind::text},
           {"uri", Kind::text},
           {"mode", Kind::text},
           {"assetName", Kind::text},
           {"pathOnCompute", Kind::text},
           {"autoDeleteSetting", Kind::any}}};
}

ObjectType const kUriFileInput = data_input("UriFileJobInput");
ObjectType const kUriFolderInput = data_input("UriFolderJobInput");
ObjectType const kTableInput = data_input("MLTableJobInput");
ObjectType const kCustomModelInput = data_input("CustomModelJobInput");
ObjectType const kMlflowModelInput = data_input("MLFlowModelJobInput");
ObjectType const kTritonModelInput = data_input("TritonModelJobInput");
ObjectType const kJobInput{"JobInput",
                           {},
                           "jobInputType",
                           {{"literal", &kLiteralInput},
                            {"uri_file", &kUriFileInput},
                            {"uri_folder", &kUriFolderInput},
                            {"mltable", &kTableInput},
                            {"custom_model", &kCustomModelInput},
                            {"mlflow_model", &kMlflowModelInput},
                            {"triton_model", &kTritonModelInput}}};

ObjectType const kUriFileOutput = data_output("UriFileJobOutput");
ObjectType const kUriFolderOutput = data_output("UriFolderJobOutput");
ObjectType const kTableOutput = data_output("MLTableJobOutput");
ObjectType const kCustomModelOutput = data_output("CustomModelJobOutput");
ObjectType const kMlflowModelOutput = data_output("MLFlowModelJobOutput");
ObjectType const kTritonModelOutput = data_output("TritonModelJobOutput");
ObjectType const kJobOutput{"JobOutput",
                            {},
                            "jobOutputType",
                            {{"uri_file", &kUriFileOutput},
                             {"uri_folder", &kUriFolderOutput},
                             {"mltable", &kTableOutput},
                             {"custom_model", &kCustomModelOutput},
                             {"mlflow_model", &kMlflowModelOutput},
                             {"triton_model", &kTritonModelOutput}}};

ObjectType const kMpi{"Mpi", {{"distributionType", Kind::text}, {"processCountPerInstance", Kind::integer}}};
ObjectType const kPyTorch{"PyTorch", {{"distributionType", Kind::text}, {"processCountPerInstance", Kind::integer}}};
ObjectType const kTensorFlow{
    "TensorFlow", {{"distributionType", Kind::text}, {"workerCount", Kind::integer}, {"parameterServerCount", Kind::integer}}};
ObjectType const kRay{"Ray",
                      {{"distributionType", Kind::text},
                       {"address", Kind::text},
                       {"dashboardPort", Kind::integer},
                       {"headNodeAdditionalArgs", Kind::text},
                       {"includeDashboard", Kind::boolean},
                       {"port", Kind::integer},
                       {"workerNodeAdditionalArgs", Kind::text}}};
ObjectType const kDistribution{
    "DistributionConfiguration",
    {},
    "distributionType",
    {{"Mpi", &kMpi}, {"PyTorch", &kPyTorch}, {"TensorFlow", &kTensorFlow}, {"Ray", &kRay}}};

ObjectType const kAmlToken{"AmlToken", {{"identityType", Kind::text}}};
ObjectType const kManaged{"ManagedIdentity",
                          {{"identityType", Kind::text}, {"clientId", Kind::text}, {"objectId", Kind::text}, {"resourceId", Kind::text}}};
ObjectType const kUserIdentity{"UserIdentity", {{"identityType", Kind::text}}};
ObjectType const kIdentity{"IdentityConfiguration",
                           {},
                           "identityType",
                           {{"AMLToken", &kAmlToken}, {"Managed", &kManaged}, {"UserIdentity", &kUserIdentity}}};

ObjectType const kCommandLimits{"CommandJobLimits", {{"jobLimitsType", Kind::text}, {"timeout", Kind::text}}};
ObjectType const kLimits{"JobLimits", {}, "jobLimitsType", {{"Command", &kCommandLimits}}};

ObjectType const kResources{"JobResourceConfiguration",
                            {{"instanceCount", Kind::integer},
                             {"instanceType", Kind::text},
                             {"maxInstanceCount", Kind::integer},
                             {"locations", Kind::text_list},
                             {"properties", Kind::any},
                             {"shmSize", Kind::text},
                             {"dockerArgs", Kind::text},
                             {"dockerArgsList", Kind::text_list}}};
ObjectType const kQueueSettings{"QueueSettings", {{"jobTier", Kind::text}, {"priority", Kind::integer}}};
ObjectType const kJobService{"JobService",
                             {{"jobServiceType", Kind::text},
                              {"port", Kind::integer},
                              {"endpoint", Kind::text},
                              {"status", Kind::text},
                              {"errorMessage", Kind::text},
                              {"properties", Kind::text_map},
                              {"nodes", Kind::any}}};
ObjectType const kNotification{"NotificationSetting", {{"emailOn", Kind::text_list}, {"emails", Kind::text_list}, {"webhooks", Kind::any}}};

ObjectType const kCommandJob{"CommandJob",
                             {{"jobType", Kind::text},
                              {"description", Kind::text},
                              {"tags", Kind::text_map},
                              {"properties", Kind::text_map},
                              {"parentJobName", Kind::text},
                              {"displayName", Kind::text},
                              {"status", Kind::text},
                              {"experimentName", Kind::text},
                              {"services", Kind::object_map, &kJobService},
                              {"computeId", Kind::text},
                              {"isArchived", Kind::boolean},
                              {"identity", Kind::object, &kIdentity},
                              {"componentId", Kind::text},
                              {"notificationSetting", Kind::object, &kNotification},
                              {"secretsConfiguration", Kind::any},
                              {"autologgerSettings", Kind::any},
                              {"resources", Kind::object, &kResources},
                              {"codeId", Kind::text},
                              {"command", Kind::text},
                              {"environmentId", Kind::text},
                              {"inputs", Kind::object_map, &kJobInput},
                              {"outputs", Kind::object_map, &kJobOutput},
                              {"distribution", Kind::object, &kDistribution},
                              {"limits", Kind::object, &kLimits},
                              {"environmentVariables", Kind::text_map},
                              {"parameters", Kind::any},
                              {"queueSettings", Kind::object, &kQueueSettings}}};
ObjectType const kJob{"JobBase", {}, "jobType", {{"Command", &kCommandJob}}};

std::vector<Member> resource_of(ObjectType const& properties) {
  return {{"properties", Kind::object, &properties},
          {"id", Kind::text},
          {"name", Kind::text},
          {"type", Kind::text},
          {"systemData", Kind::any}};
}

ObjectType const kCodeVersion{"CodeVersion",
                              {{"description", Kind::text},
                               {"tags", Kind::text_map},
                               // The version of the hash is a number in newer clients and a string in older ones.
                               {"properties", Kind::any},
                               {"isArchived", Kind::boolean},
                               {"isAnonymous", Kind::boolean},
                               {"codeUri", Kind::text},
                               {"autoDeleteSetting", Kind::any},
                               {"provisioningState", Kind::text}}};
ObjectType const kBuild{"BuildContext", {{"contextUri", Kind::text}, {"dockerfilePath", Kind::text}}};
ObjectType const kEnvironmentVersion{"EnvironmentVersion",
                                     {{"description", Kind::text},
                                      {"tags", Kind::text_map},
                                      {"properties", Kind::text_map},
                                      {"isArchived", Kind::boolean},
                                      {"isAnonymous", Kind::boolean},
                                      {"autoDeleteSetting", Kind::any},
                                      {"environmentType", Kind::text},
                                      {"image", Kind::text},
                                      {"condaFile", Kind::text},
                                      {"build", Kind::object, &kBuild},
                                      {"osType", Kind::text},
                                      {"autoRebuild", Kind::text},
                                      {"inferenceConfig", Kind::any},
                                      {"provisioningState", Kind::text},
                                      {"stage", Kind::text},
                                      {"intellectualProperty", Kind::any}}};

ObjectType const kKeySecrets{"AccountKeyDatastoreSecrets", {{"secretsType", Kind::text}, {"key", Kind::text}}};
ObjectType const kSasSecrets{"SasDatastoreSecrets", {{"secretsType", Kind::text}, {"sasToken", Kind::text}}};
ObjectType const kKeyCredentials{"AccountKeyDatastoreCredentials", {{"credentialsType", Kind::text}, {"secrets", Kind::object, &kKeySecrets}}};
ObjectType const kSasCredentials{"SasDatastoreCredentials", {{"credentialsType", Kind::text}, {"secrets", Kind::object, &kSasSecrets}}};
ObjectType const kNoCredentials{"NoneDatastoreCredentials", {{"credentialsType", Kind::text}}};
ObjectType const kCredentials{"DatastoreCredentials",
                              {},
                              "credentialsType",
                              {{"AccountKey", &kKeyCredentials}, {"Sas", &kSasCredentials}, {"None", &kNoCredentials}}};

ObjectType storage_datastore(std::string_view name, std::string_view place) {
  return {name,
          {{"datastoreType", Kind::text},
           {"description", Kind::text},
           {"tags", Kind::text_map},
           {"properties", Kind::text_map},
           {"credentials", Kind::object, &kCredentials},
           {"isDefault", Kind::boolean},
           {"subscriptionId", Kind::text},
           {"resourceGroup", Kind::text},
           {"accountName", Kind::text},
           {place, Kind::text},
           {"endpoint", Kind::text},
           {"protocol", Kind::text},
           {"serviceDataAccessAuthIdentity", Kind::text},
           {"intellectualProperty", Kind::any}}};
}
ObjectType const kBlobDatastore = storage_datastore("AzureBlobDatastore", "containerName");
ObjectType const kFileDatastore = storage_datastore("AzureFileDatastore", "fileShareName");
ObjectType const kDatastore{"Datastore", {}, "datastoreType", {{"AzureBlob", &kBlobDatastore}, {"AzureFile", &kFileDatastore}}};
ObjectType const kSecretExpiry{"SecretExpiry", {{"expirableSecret", Kind::boolean}, {"expireAfterHours", Kind::integer}}};

ObjectType data_version(std::string_view name) {
  return {name,
          {{"dataType", Kind::text},
           {"description", Kind::text},
           {"tags", Kind::text_map},
           {"properties", Kind::text_map},
           {"isArchived", Kind::boolean},
           {"isAnonymous", Kind::boolean},
           {"dataUri", Kind::text},
           {"referencedUris", Kind::text_list},
           {"autoDeleteSetting", Kind::any},
           {"stage", Kind::text},
           {"intellectualProperty", Kind::any}}};
}
ObjectType const kUriFolderData = data_version("UriFolderDataVersion");
ObjectType const kUriFileData = data_version("UriFileDataVersion");
ObjectType const kTableData = data_version("MLTableData");
ObjectType const kDataVersion{
    "DataVersionBase", {}, "dataType", {{"uri_folder", &kUriFolderData}, {"uri_file", &kUriFileData}, {"mltable", &kTableData}}};

ObjectType const kJobResource{"JobBaseResource", resource_of(kJob)};
ObjectType const kCodeResource{"CodeVersionResource", resource_of(kCodeVersion)};
ObjectType const kEnvironmentResource{"EnvironmentVersionResource", resource_of(kEnvironmentVersion)};
ObjectType const kDatastoreResource{"DatastoreResource", resource_of(kDatastore)};
ObjectType const kDataResource{"DataVersionBaseResource", resource_of(kDataVersion)};
ObjectType const kCreateRun{"CreateRun",
                            {{"runId", Kind::text},
                             {"displayName", Kind::text},
                             {"name", Kind::text},
                             {"description", Kind::text},
                             {"hidden", Kind::boolean},
                             {"tags", Kind::text_map},
                             {"properties", Kind::text_map}}};

}  // namespace

ObjectType const& job_resource_type() { return kJobResource; }
ObjectType const& code_version_type() { return kCodeResource; }
ObjectType const& environment_version_type() { return kEnvironmentResource; }
ObjectType const& create_run_type() { return kCreateRun; }
ObjectType const& datastore_type() { return kDatastoreResource; }
ObjectType const& datastore_secret_expiry_type() { return kSecretExpiry; }
ObjectType const& data_version_type() { return kDataResource; }

}  // namespace azureml::engine::routes
