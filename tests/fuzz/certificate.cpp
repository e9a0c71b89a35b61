// Certificates: whatever a file says, verify never accepts a claim above the true count of a small model.
#include "certify/proof/certificate.hpp"

#include <cmath>

#include "data/weights/safetensors.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace maxcert {
namespace {

struct Model {
    Weights weights = load_safetensors(MAXCERT_GOLDEN "/mean-diff-trap.safetensors");
    Count correct;
    Model() {
        Model model(weights);
        correct = Count(
            certify_one(model, *select_strategies("brute_force").front(), {})["correct"].get<std::string>());
    }
};

}  // namespace
}  // namespace maxcert

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace maxcert;
    static const Model model;
    Json certificate;
    may_refuse<InputError>([&] { certificate = parse_certificate(text_of(data, size), "fuzz certificate"); });
    if (certificate.is_null()) return 0;
    // Many bits take long without being wrong.
    if (certificate["max_bits"].get<std::uint64_t>() > 512) certificate["max_bits"] = 512u;
    may_refuse<CertificateRejected>([&] {
        verify_certificate(certificate, model.weights, 1);
        // Margins and boxes only make a claim harder; rounding the weights makes it one about another model.
        const bool same_model = certificate["weights_format"] == "float32";
        const Count claimed(certificate["correct"].get<std::string>());
        if (same_model && claimed > model.correct) result("accepted: " + certificate.dump());
    });
    return 0;
}
