// Weights files: what is accepted is a valid model.
#include "data/weights/safetensors.hpp"

#include "data/weights/validate.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace maxcert;
    may_refuse<InputError>([&] {
        Metadata metadata;
        validate(parse_safetensors(text_of(data, size), "fuzz.safetensors", &metadata), "accepted");
    });
    return 0;
}
