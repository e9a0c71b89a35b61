// Looks beside the build folder first, so that sources at work win over an installed copy.
#include "data/files/program_files.hpp"

#include <filesystem>

namespace fs = std::filesystem;

namespace maxcert {

std::string program_file(const std::string& relative) {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const fs::path& base : {program / "..", program / "../share/maxcert"}) {
        const fs::path file = base / relative;
        if (!program.empty() && fs::exists(file, error)) return fs::weakly_canonical(file, error).string();
    }
    return "";
}

}  // namespace maxcert
