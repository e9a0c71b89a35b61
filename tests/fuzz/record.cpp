// Results folders: config.json, model.json and a certificate, in one input with a 0 byte between them.
#include <unistd.h>

#include <array>
#include <filesystem>

#include "certify/proof/certificate.hpp"
#include "data/base/files.hpp"
#include "data/results/results.hpp"
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
        fs::create_directories(path_ + "/seed-50/certificates");
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
    folder.write("seed-50/certificates/cubic.json", rest);
    may_refuse<InputError>([&] {
        const Results results = Results::existing(folder.path());
        const auto cubic = select_strategies("cubic");
        for (const auto& [name, certificate] : results.certificates(50)) {
            if (!certificate) continue;
            is_current(*certificate, *cubic.front(), {}, text_at(*certificate, "weights_sha256"));
        }
        if (results.write_summary() > 1) result("one certificate is counted twice");
        results_table(results, {50});
    });
    return 0;
}
