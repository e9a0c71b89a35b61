// Configuration files: what is accepted has a name that stays in its folder, and seeds.
#include "data/experiment/config.hpp"

#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace maxcert;
    may_refuse<InputError>([&] {
        const Config config = parse_config(text_of(data, size), "fuzz.cfg");
        if (config.name.empty() || config.name.find_first_of("./") != std::string::npos) {
            result("the results folder would be " + config.name);
        }
        if (config.seeds.empty()) result("no seeds");
        config_hash(config);
    });
    return 0;
}
