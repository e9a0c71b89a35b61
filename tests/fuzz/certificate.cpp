// Certificates: whatever a file says, verify never accepts a claim above the true count of a small model.
#include "certify/proof/certificate.hpp"

#include <optional>

#include "certify/proof/certify.hpp"
#include "certify/proof/claim.hpp"
#include "data/weights/safetensors.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace maxcert {
namespace {

struct Known {
    Weights weights = load_safetensors(MAXCERT_GOLDEN "/mean-diff-trap.safetensors");
    Count correct;
    Known() {
        Model model(weights);
        correct = certify_one(model, *select_strategies("brute_force").front(), {}).correct;
    }
};

}  // namespace
}  // namespace maxcert

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace maxcert;
    static const Known model;
    std::optional<CertificateRecord> record;
    may_refuse<InputError>([&] { record = parse_record(text_of(data, size), "fuzz certificate"); });
    if (!record) return 0;
    // Many bits take long without being wrong.
    if (record->max_bits > 512) record->max_bits = 512;
    may_refuse<CertificateRejected>([&] {
        verify_certificate(*record, model.weights, 1);
        // Margins and boxes only make a claim harder; rounding the weights makes it one about another model.
        const bool same_model = record->weights_format == "float32";
        if (same_model && record->correct > model.correct) result("accepted: " + to_json(*record).dump());
        if (statement(*record).empty()) result("nothing is said of " + to_json(*record).dump());
    });
    return 0;
}
