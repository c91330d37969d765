#pragma once
namespace azureml {
class ComputeName;
class ComputeTarget;
class Credential;
class Datastore;
class Experiment;
class LogCursor;
class LogLines;
class Run;
class RunMonitor;
class RunStatus;
class ScriptParams;
class ScriptValue;
class Secret;
class Workspace;
struct Context;
struct DataReference;
struct Environment;
struct Estimator;
struct RunDetails;
namespace detail {
struct Access;  // how the library's own parts reach what users do not
}
}  // namespace azureml
