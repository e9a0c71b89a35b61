// A draft is written, flushed and renamed; a file that has its name is whole, whatever happened on the way.
#include "data/files/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "data/base/errors.hpp"
#include "data/files/descriptor.hpp"

namespace maxcert {
namespace {

[[noreturn]] void fail_writing(const std::string& path, const char* step) {
    throw Error(
        fmt::format("{}: cannot be written: {} failed: {} (choose a folder that is writable and has space)",
                    path, step, std::strerror(errno)));
}

/// The folder of `path`, created with its parents where it is missing.
std::string existing_folder(const std::string& folder) {
    std::string name = folder.empty() ? "." : folder;
    std::error_code error;
    std::filesystem::create_directories(name, error);
    if (error)
        throw Error(fmt::format("{}: cannot be created: {} (choose another folder)", name, error.message()));
    return name;
}

/// What the user's umask takes away from new files; asked once, before threads could see it change.
mode_t file_mask() {
    static const mode_t mask = [] {
        const mode_t now = ::umask(0);
        ::umask(now);
        return now;
    }();
    return mask;
}

constexpr const char* kDraftSuffix = ".tmp";

/// A file with a name that nobody reads, gone again unless it is published. It stays open and locked
/// meanwhile: one that nobody holds was left by a process that is no more (remove_abandoned_drafts).
class Draft {
  public:
    explicit Draft(std::string target) : target_(std::move(target)) {
        do {  // again where somebody took it for abandoned before it was locked
            // Another host, or a process killed long ago, may have used this process's number.
            draft_ = target_ + ".XXXXXX" + kDraftSuffix;
            file_ = std::make_unique<Descriptor>(::mkostemps(draft_.data(), 4, O_CLOEXEC));
            if (**file_ < 0) fail_writing(target_, "open");
        } while (::flock(**file_, LOCK_EX) == 0 && links() == 0);
        exists_ = true;
        if (::fchmod(**file_, 0666 & ~file_mask()) != 0) discard_and_fail("fchmod");
    }
    Draft(std::string target, const std::string& bytes) : Draft(std::move(target)) { append(bytes); }
    ~Draft() { discard(); }
    Draft(Draft&& o) noexcept
        : target_(std::move(o.target_)),
          draft_(std::move(o.draft_)),
          file_(std::move(o.file_)),
          exists_(o.exists_) {
        o.exists_ = false;
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    void append(const std::string& bytes) {
        for (std::size_t done = 0; done < bytes.size();) {
            const ssize_t n = ::write(**file_, bytes.data() + done, bytes.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) discard_and_fail("write");
            done += static_cast<std::size_t>(n);
        }
    }
    void flush() {
        if (::fsync(**file_) != 0) fail_writing(target_, "fsync");
    }
    void publish() {
        if (std::rename(draft_.c_str(), target_.c_str()) != 0) fail_writing(target_, "rename");
        exists_ = false;
    }
    /// Whether the target was not there before.
    bool publish_if_absent() {
        if (::link(draft_.c_str(), target_.c_str()) == 0) return true;
        if (errno == EEXIST) return false;
        if (errno != EPERM && errno != ENOTSUP) fail_writing(target_, "link");
        publish();  // a file system without links
        return true;
    }

  private:
    nlink_t links() const {
        struct stat status {};
        return ::fstat(**file_, &status) == 0 ? status.st_nlink : 1;
    }
    void discard() {
        if (exists_) ::unlink(draft_.c_str());
        exists_ = false;
    }
    [[noreturn]] void discard_and_fail(const char* step) {
        const int reason = errno;
        discard();
        errno = reason;
        fail_writing(target_, step);
    }

    std::string target_, draft_;
    std::unique_ptr<Descriptor> file_;
    bool exists_ = false;
};

void flush_folder(const std::string& folder) {
    const Descriptor directory(folder, O_RDONLY | O_DIRECTORY);
    if (*directory < 0 || ::fsync(*directory) != 0) fail_writing(folder, "fsync");
}

}  // namespace

class AtomicFile::Draft : public maxcert::Draft {
  public:
    using maxcert::Draft::Draft;
};

AtomicFile::AtomicFile(const std::string& path)
    : folder_(existing_folder(std::filesystem::path(path).parent_path().string())),
      draft_(std::make_unique<Draft>(path)) {}

AtomicFile::~AtomicFile() = default;

void AtomicFile::append(const std::string& bytes) {
    draft_->append(bytes);
}

void AtomicFile::publish() {
    draft_->flush();
    draft_->publish();
    flush_folder(folder_);
}

FolderLock::FolderLock(const std::string& folder)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ >= 0) static_cast<void>(::flock(descriptor_, LOCK_EX));
}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void remove_abandoned_drafts(const std::string& folder) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        if (entry.path().extension() != kDraftSuffix) continue;
        const Descriptor file(entry.path().string(), O_RDONLY);
        if (*file >= 0 && ::flock(*file, LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    }
}

void make_writable_folder(const std::string& folder) {
    const std::string existing = existing_folder(folder);
    const Draft trial((std::filesystem::path(existing) / "trial").string(), "trial");
}

bool write_file_if_absent(const std::string& path, const std::string& bytes) {
    const std::string folder = existing_folder(std::filesystem::path(path).parent_path().string());
    Draft draft(path, bytes);
    draft.flush();
    const bool wrote = draft.publish_if_absent();
    flush_folder(folder);
    return wrote;
}

void write_file_atomically(const std::string& path, const std::string& bytes) {
    const std::string folder = existing_folder(std::filesystem::path(path).parent_path().string());
    Draft draft(path, bytes);
    draft.flush();
    draft.publish();
    flush_folder(folder);
}

void write_files_atomically(const std::string& folder,
                            const std::vector<std::pair<std::string, std::string>>& name_and_bytes) {
    const std::string existing = existing_folder(folder);
    std::vector<Draft> drafts;
    drafts.reserve(name_and_bytes.size());
    for (const auto& [name, bytes] : name_and_bytes) {
        drafts.emplace_back((std::filesystem::path(existing) / name).string(), bytes);
    }
    {
        const Descriptor directory(existing, O_RDONLY | O_DIRECTORY);
        if (*directory < 0 || ::syncfs(*directory) != 0) fail_writing(existing, "syncfs");
    }
    for (auto& draft : drafts) draft.publish();
    flush_folder(existing);
}

}  // namespace maxcert
