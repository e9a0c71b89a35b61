// The table is read afresh: it is small, and a results folder is opened once. A model counts as compared only
// if configuration hash and seed are in the table, so a changed configuration of the same name is never
// called "other bits".
#include "data/results/reference.hpp"

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "data/base/json_text.hpp"
#include "data/base/text.hpp"
#include "data/files/program_files.hpp"
#include "data/files/read_file.hpp"

namespace maxcert {

ReferenceBits compare_with_reference(const Results& results, const std::string& config_name,
                                     const std::vector<std::uint64_t>& seeds) {
    ReferenceBits bits;
    const std::string path = program_file("data/reference/" + config_name + ".csv");
    if (path.empty()) return bits;
    std::map<std::string, std::string> reference;  // "seed,config_hash" -> sha256
    std::istringstream table(read_file(path, 1 << 24));
    for (std::string line; std::getline(table, line);) {
        const auto comma = line.rfind(',');
        if (comma != std::string::npos) reference[line.substr(0, comma)] = line.substr(comma + 1);
    }
    for (const std::uint64_t seed : seeds) {
        const auto model = results.model(seed);
        if (!model) continue;
        const auto found = reference.find(fmt::format("{},{}", seed, text_at(*model, "config_hash")));
        if (found == reference.end()) continue;
        ++(found->second == text_at(*model, "weights_sha256") ? bits.same : bits.other);
    }
    return bits;
}

std::string reference_line(const ReferenceBits& bits) {
    if (bits.same + bits.other == 0) return {};
    std::string text = fmt::format("{} of {} models have the reference weights bit for bit (data/reference)",
                                   bits.same, bits.same + bits.other);
    if (bits.other > 0) text += "; the others are of the same distribution, trained in another environment";
    return text + "\n";
}

}  // namespace maxcert
