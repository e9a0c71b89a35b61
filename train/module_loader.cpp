// Opens the training module, and fixes what must be fixed before its libraries load.
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/base/errors.hpp"
#include "train/module.hpp"

namespace maxcert {
namespace {

constexpr const char* kModule = "maxcert_train.so";
constexpr const char* kSymbol = "maxcert_train_room";

/// Beside the program, or where `cmake --install` puts it. The test programs live one folder deeper.
std::vector<std::filesystem::path> candidates() {
    const auto folder = std::filesystem::canonical("/proc/self/exe").parent_path();
    return {folder / kModule, folder / ".." / kModule, folder / ".." / MAXCERT_LIBDIR / "maxcert" / kModule};
}

const TrainModule* open_module() {
    for (const auto& file : candidates()) {
        if (!std::filesystem::exists(file)) continue;
        void* module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) {
            throw Error(fmt::format("the training module cannot be opened: {} (is LibTorch installed?)",
                                    ::dlerror()));
        }
        const auto room = reinterpret_cast<const TrainModule* (*)()>(::dlsym(module, kSymbol));
        if (room == nullptr)
            throw Error(fmt::format("{}: has no {} (build it again)", file.string(), kSymbol));
        return room();
    }
    throw Error(
        fmt::format("{} is not beside the program nor in ../{}/maxcert (build with -DMAXCERT_TRAIN=ON)",
                    kModule, MAXCERT_LIBDIR));
}

}  // namespace

const TrainModule& train_module() {
    static const TrainModule* const room = open_module();
    return *room;
}

void fix_numeric_environment(char** argv) {
    std::vector<std::pair<const char*, const char*>> settings = {
        {"OMP_NUM_THREADS", "1"}, {"OPENBLAS_NUM_THREADS", "1"}, {"MKL_NUM_THREADS", "1"}};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        settings.insert(
            settings.end(),
            {{"ATEN_CPU_CAPABILITY", "avx2"}, {"OPENBLAS_CORETYPE", "Haswell"}, {"MKL_CBWR", "AVX2"}});
    }
#endif
    bool changed = false;
    for (const auto& [name, value] : settings) {
        if (std::getenv(name) != nullptr) continue;
        if (::setenv(name, value, 0) == 0) changed = true;
    }
    // Where the program cannot be started again it goes on: the settings are recorded as they are.
    if (changed) ::execv("/proc/self/exe", argv);
}

}  // namespace maxcert
