#pragma once
#include "api/pending_upload.hpp"
#include "http/pipeline.hpp"
#include "log/logger.hpp"
#include "snapshot/snapshot.hpp"

#include <azureml/context.hpp>
#include <azureml/transfer.hpp>

namespace azureml::api {

/// Brings the files of a plan into the container of a code asset, below `folder`, and marks the first of them as
/// completed with the asset's name and version, which says that all are there.
class SnapshotUpload {
 public:
  SnapshotUpload(http::Pipeline const& pipeline, snapshot::Plan const& plan, ProgressHandler const& on_progress,
                 logging::Logger const& logger)
      : pipeline_(pipeline), plan_(plan), on_progress_(on_progress), logger_(logger) {}

  /// Into a new container: one request for the first file, one for each file (more for large ones), one for the mark.
  /// @throws ServiceError, TransportError, FileError (also when a file is not the plan's any more), StoppedError
  void begin(PendingCode const& code, Context const& context) const;
  /// Goes on where an earlier call was interrupted: files that are there with the same size and MD5 are not sent again.
  /// One request for the first file, one for each 5,000 blobs there, then as above; nothing more when all was there.
  /// @throws as above; ServiceError 403 or 404 when the place is of no use any more
  void go_on(PendingCode const& code, Context const& context) const;

 private:
  struct Place;
  [[nodiscard]] std::vector<bool> find_present(Place& place, Context const& context) const;

  http::Pipeline const& pipeline_;
  snapshot::Plan const& plan_;
  ProgressHandler const& on_progress_;
  logging::Logger const& logger_;
};

}  // namespace azureml::api
