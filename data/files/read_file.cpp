// Files may be pipes, or grow while they are read: the limit holds for what was read, not for what was said.
#include "data/files/read_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "data/base/errors.hpp"
#include "data/files/descriptor.hpp"

namespace maxcert {

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

}  // namespace maxcert
