#include "data/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

/// An open file that closes itself.
class Descriptor {
  public:
    Descriptor(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {}
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int operator*() const { return number_; }

  private:
    int number_;
};

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

/// A file with a name that nobody reads, gone again unless it is published.
class Draft {
  public:
    Draft(std::string target, const std::string& bytes) : target_(std::move(target)) {
        // Another host, or a process killed long ago, may have used this process's number.
        draft_ = target_ + ".XXXXXX.tmp";
        const Descriptor file(::mkostemps(draft_.data(), kSuffix, O_CLOEXEC));
        if (*file < 0) fail_writing(target_, "open");
        exists_ = true;
        if (::fchmod(*file, 0666 & ~file_mask()) != 0) discard_and_fail("fchmod");
        for (std::size_t done = 0; done < bytes.size();) {
            const ssize_t n = ::write(*file, bytes.data() + done, bytes.size() - done);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) discard_and_fail("write");
            done += static_cast<std::size_t>(n);
        }
    }
    ~Draft() { discard(); }
    Draft(Draft&& o) noexcept
        : target_(std::move(o.target_)), draft_(std::move(o.draft_)), exists_(o.exists_) {
        o.exists_ = false;
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    void flush() {
        const Descriptor file(draft_, O_RDONLY);
        if (*file < 0 || ::fsync(*file) != 0) fail_writing(target_, "fsync");
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
    static constexpr int kSuffix = 4;  // of ".tmp"

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
    bool exists_ = false;
};

void flush_folder(const std::string& folder) {
    const Descriptor directory(folder, O_RDONLY | O_DIRECTORY);
    if (*directory < 0 || ::fsync(*directory) != 0) fail_writing(folder, "fsync");
}

}  // namespace

std::string read_file(const std::string& path, std::uint64_t max_bytes) {
    const auto refuse = [&](const std::string& reason, const char* remedy) {
        throw InputError(path, "", reason, remedy);
    };
    const Descriptor file(path, O_RDONLY);
    struct stat status {};
    if (*file < 0 || ::fstat(*file, &status) != 0) {
        refuse(fmt::format("cannot be opened: {}", std::strerror(errno)),
               "check the path and its permissions");
    }
    if (S_ISDIR(status.st_mode)) refuse("is a folder", "name a file in it");
    const auto too_large = [&] {
        refuse(fmt::format("is larger than {} bytes", max_bytes),
               "this is not the kind of file expected here");
    };
    if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > max_bytes) too_large();

    std::string bytes;
    bytes.reserve(S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : 0);
    char block[1 << 16];
    for (;;) {
        const ssize_t n = ::read(*file, block, sizeof block);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) refuse(fmt::format("cannot be read: {}", std::strerror(errno)), "check the file system");
        if (n == 0) return bytes;
        bytes.append(block, static_cast<std::size_t>(n));
        if (bytes.size() > max_bytes) too_large();
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
