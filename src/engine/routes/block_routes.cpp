#include "engine/routes/block_list.hpp"
#include "engine/routes/new_blob.hpp"
#include "engine/routes/staging.hpp"
#include "engine/routes/wire.hpp"

#include "base/atomic_file.hpp"
#include "base/digest.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <map>

namespace azureml::engine::routes {
namespace {

constexpr std::uint64_t kBlockMax = std::uint64_t{4000} << 20;
/// So much of a blob is put together at a time, so that other requests come to the disk in between.
constexpr std::uint64_t kWorkMax = 8 << 20;

ApiError invalid_list(std::string const& id) {
  return blob_error(400, "InvalidBlockList",
                    "The specified block list is invalid: block '" + id.substr(0, 100) + "' was not uploaded.");
}

ApiError too_large() {
  return blob_error(413, "RequestBodyTooLarge", "The request body is too large: a block has at most 4,000 MiB.");
}

class PutBlock final : public Upload {
 public:
  PutBlock(std::string md5, std::filesystem::path blocks, std::string name, std::filesystem::path const& staging)
      : md5_(std::move(md5)), blocks_(std::move(blocks)), name_(std::move(name)), file_(staging, {.durable = false}) {}
  void write(std::string_view piece) override {
    if (file_.size() + piece.size() > kBlockMax) throw too_large();
    file_.write(piece);
  }
  void sync() override {
    // Not waited for by the disk: what a power cut takes is not listed after it, as `block_directory` tells.
    file_.finish();
    check_md5(md5_, file_.md5());
  }
  Reply commit(Services& services) override {
    services.blocks->place(file_, blocks_, name_);
    return {.status = 201, .headers = {{"Content-MD5", file_.md5()}, {"x-ms-request-server-encrypted", "true"}}};
  }

 private:
  std::string md5_;
  std::filesystem::path blocks_;
  std::string name_;
  StagedFile file_;
};

/// The blob that a list may take blocks of: its file stays readable, whatever becomes of its name.
struct Committed {
  std::string etag{};
  std::shared_ptr<base::UniqueFd> file{};
  std::vector<store::BlockRecord> blocks{};
};

class PutBlockList final : public Upload {
 public:
  PutBlockList(NewBlob wanted, std::string transport_md5, Committed committed, store::Home const& home)
      : wanted_(std::move(wanted)),
        transport_md5_(std::move(transport_md5)),
        committed_(std::move(committed)),
        blocks_(block_directory(home, wanted_.place.container, wanted_.place.name)),
        trash_(trash_name(home)),
        // The blocks were checked when they came: a hash that is given is kept as it is.
        file_(staging_directory(home), {.hashed = wanted_.md5.empty()}) {}
  ~PutBlockList() override {
    std::error_code ignored;
    if (done_) std::filesystem::remove_all(trash_, ignored);
  }
  void write(std::string_view piece) override {
    if (list_.size() + piece.size() > kBlockListMax)
      throw blob_error(413, "RequestBodyTooLarge", "The block list is too large.");
    list_ += piece;
  }
  bool work() override {
    if (!parsed_) read_list();
    for (std::uint64_t room = kWorkMax; room > 0 && next_ < listed_.size();) {
      if (!open_) open_ = open(listed_[next_]);
      auto const part = std::min(room, open_->length);
      if (file_.append(open_->file->get(), open_->offset, part) != part) throw invalid_list(listed_[next_].id);
      open_->offset += part;
      open_->length -= part;
      // An empty block costs an open, too.
      room -= std::max<std::uint64_t>(part, std::min<std::uint64_t>(room, 4096));
      if (open_->length > 0) continue;
      open_.reset();
      ++next_;
    }
    return next_ < listed_.size();
  }
  void sync() override { file_.sync(); }
  Reply commit(Services& services) override {
    if (uses_committed_) {
      auto const now = existing_blob(wanted_.place, services);
      if (!now || now->etag != committed_.etag) {
        throw blob_error(400, "InvalidBlockList",
                         "The specified block list is invalid: the blob whose blocks it names was replaced meanwhile.");
      }
    }
    auto reply = store_blob(wanted_, file_, records_, services);
    reply.headers["Content-MD5"] = list_md5_;
    std::error_code error;
    std::filesystem::rename(blocks_, trash_, error);
    done_ = !error;
    services.blocks->forget(blocks_);
    return reply;
  }

 private:
  struct Source {
    std::shared_ptr<base::UniqueFd> file{};
    std::uint64_t offset = 0, length = 0;
  };

  void read_list() {
    list_md5_ = base::to_base64(base::Digest::md5().update(list_).finish());
    check_md5(transport_md5_, list_md5_);
    listed_ = parse_block_list(list_);
    list_.clear();
    std::uint64_t offset = 0;
    for (auto const& block : committed_.blocks) {
      known_.emplace(block_file_name(block.id),
                     Source{.file = committed_.file, .offset = offset, .length = block.size});
      offset += block.size;
    }
    parsed_ = true;
  }
  std::optional<Source> open_uncommitted(std::string const& name) const {
    base::UniqueFd file{::open((blocks_ / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
    return Source{.file = std::make_shared<base::UniqueFd>(std::move(file)),
                  .length = static_cast<std::uint64_t>(status.st_size)};
  }
  Source open(ListedBlock const& block) {
    using From = ListedBlock::From;
    auto const name = block_file_name(block.id);
    std::optional<Source> source;
    if (block.from != From::committed) source = open_uncommitted(name);
    if (!source && block.from != From::uncommitted) {
      if (auto const found = known_.find(name); found != known_.end()) {
        source = found->second;
        uses_committed_ = true;
      }
    }
    if (!source) throw invalid_list(block.id);
    records_.push_back({.id = block.id, .size = source->length});
    return *source;
  }

  NewBlob wanted_;
  std::string transport_md5_;
  Committed committed_;
  std::filesystem::path blocks_, trash_;
  StagedFile file_;
  std::string list_{}, list_md5_{};
  std::vector<ListedBlock> listed_{};
  std::map<std::string, Source> known_{};
  std::vector<store::BlockRecord> records_{};
  std::optional<Source> open_{};
  std::size_t next_ = 0;
  bool parsed_ = false, uses_committed_ = false, done_ = false;
};

std::string blocks_element(std::string const& name, std::vector<store::BlockRecord> const& blocks) {
  if (blocks.empty()) return "<" + name + " />";
  auto text = "<" + name + ">";
  // Base64 has nothing that XML would have to escape.
  for (auto const& block : blocks)
    text += "<Block><Name>" + block.id + "</Name><Size>" + std::to_string(block.size) + "</Size></Block>";
  return text + "</" + name + ">";
}

std::vector<store::BlockRecord> uncommitted_blocks(std::filesystem::path const& directory) {
  std::map<std::string, std::uint64_t> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it{directory, error}, end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    auto const size = it->file_size(gone);
    if (!gone) files.emplace(it->path().filename().string(), size);
  }
  std::vector<store::BlockRecord> blocks;
  for (auto const& [name, size] : files) blocks.push_back({.id = block_id_of(name), .size = size});
  return blocks;
}

}  // namespace

std::unique_ptr<Upload> put_block(Request const& request, BlobPlace place, Services& services) {
  auto name = block_file_name(request.query_value("blockid"));
  if (request.content_length > kBlockMax) throw too_large();
  check_room(services.home, request.content_length);
  return std::make_unique<PutBlock>(request.header("Content-MD5"),
                                    block_directory(services.home, place.container, place.name), std::move(name),
                                    staging_directory(services.home));
}

std::unique_ptr<Upload> put_block_list(Request const& request, NewBlob wanted, Services& services) {
  auto const& place = wanted.place;
  auto const existing = existing_blob(place, services);
  check_for_writing(wanted.conditions, existing);
  if (!wanted.md5.empty()) wanted.md5 = checked_md5(wanted.md5);
  Committed committed;
  if (existing) {
    auto const file = open_beneath(place.root, place.file);
    auto blocks = services.store.find_blocks(place.container, place.name);
    if (file && !blocks.empty()) committed = {.etag = existing->etag, .file = file->file, .blocks = std::move(blocks)};
  }
  return std::make_unique<PutBlockList>(std::move(wanted), request.header("Content-MD5"), std::move(committed),
                                        services.home);
}

Reply get_block_list(BlobPlace const& place, Request const& request, Services& services) {
  auto const kind = base::to_lower_ascii(request.query_value("blocklisttype", "committed"));
  bool const with_committed = kind == "committed" || kind == "all",
             with_uncommitted = kind == "uncommitted" || kind == "all";
  if (!with_committed && !with_uncommitted) {
    throw blob_error(400, "InvalidQueryParameterValue",
                     "The query parameter 'blocklisttype' must be committed, uncommitted or all.");
  }
  Reply reply{.headers = {{"Content-Type", "application/xml"}}};
  auto const existing = existing_blob(place, services);
  if (existing) {
    if (is_unchanged(conditions_of(request), *existing)) return {.status = 304, .headers = {{"ETag", existing->etag}}};
    reply.headers["ETag"] = existing->etag;
    reply.headers["Last-Modified"] = blob_date(existing->modified);
    reply.headers["x-ms-blob-content-length"] = std::to_string(existing->size);
  }
  auto const committed =
      with_committed && existing
          ? blocks_element("CommittedBlocks", services.store.find_blocks(place.container, place.name))
      : with_committed ? blocks_element("CommittedBlocks", {})
                       : std::string{};
  auto const directory = block_directory(services.home, place.container, place.name);
  reply.complete = [committed, directory, with_uncommitted, exists = existing.has_value()](Reply& completed) {
    auto const waiting =
        with_uncommitted || !exists ? uncommitted_blocks(directory) : std::vector<store::BlockRecord>{};
    if (!exists && waiting.empty()) throw blob_not_found();
    completed.body = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>" + committed +
                     (with_uncommitted ? blocks_element("UncommittedBlocks", waiting) : "") + "</BlockList>";
  };
  return reply;
}

}  // namespace azureml::engine::routes
