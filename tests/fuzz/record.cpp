// Results folders: config.json, model.json and certificates, in one input with a 0 byte between them.
#include <unistd.h>

#include <array>
#include <filesystem>

#include "certify/proof/certify.hpp"
#include "data/files/zstd.hpp"
#include "data/results/summary.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace maxcert {
namespace {

namespace fs = std::filesystem;

/// A folder of this process, in memory where there is such a place.
class Folder {
  public:
    Folder() {
        std::string name = (fs::exists("/dev/shm") ? "/dev/shm" : "/tmp") + std::string("/maxcert-XXXXXX");
        path_ = ::mkdtemp(name.data());
        fs::create_directories(path_ + "/seed-50");
    }
    ~Folder() { fs::remove_all(path_); }
    const std::string& path() const { return path_; }
    void write(const char* name, const std::string& bytes) const {
        std::FILE* file = std::fopen((path_ + "/" + name).c_str(), "wb");
        if (file == nullptr) result("cannot write the folder");
        std::fwrite(bytes.data(), 1, bytes.size(), file);
        std::fclose(file);
    }

  private:
    std::string path_;
};

std::string take(std::string& rest) {
    const auto end = rest.find('\0');
    const std::string part = rest.substr(0, end);
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
    return part;
}

}  // namespace
}  // namespace maxcert

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace maxcert;
    static const Folder folder;
    std::string rest = text_of(data, size);
    for (const char* name : {"config.json", "seed-50/model.json"}) folder.write(name, take(rest));
    // As it is, which is hardly ever a frame, or as the content of one.
    const bool raw = !rest.empty() && (rest[0] & 0x80) != 0;
    folder.write("seed-50/certificates.jsonl.zst", raw ? rest : zstd_compress(rest));
    may_refuse<InputError>([&] {
        const Results results = Results::existing(folder.path());
        const auto cubic = select_strategies("cubic");
        for (const auto& [strategy, entry] : results.certificates(50).by_strategy) {
            if (entry.record) is_current(*entry.record, *cubic.front(), {}, entry.record->weights_sha256);
        }
        const auto summary = write_summary(results, 1);
        results_table(summary, {50});
    });
    return 0;
}
