// Brute force: every sequence is decided (SOUNDNESS T1). There is nothing to search for; proving is counting,
// for all margins in one pass.
#include <utility>

#include "certify/proof/registry.hpp"
#include "certify/proof/stopwatch.hpp"
#include "certify/strategies/brute_force/check.hpp"
#include "certify/strategies/brute_force/count.hpp"

namespace maxcert {
namespace {

class BruteForce : public Prover {
  public:
    BruteForce() : Prover("brute_force", {"O(V^(K+1))", "every sequence, exactly"}) {}

    Proof prove(Model& model, const SearchOptions& options) const override {
        return prove_margins(model, {options.margin}, options).front();
    }

    std::vector<Proof> prove_margins(Model& model, const std::vector<Margin>& margins,
                                     const SearchOptions& options) const override {
        std::vector<Proof> proofs(margins.size());
        const Count total = power(model.shape().d_vocab, model.shape().n_ctx);
        std::string skipped;
        if (total > options.max_enumeration) {
            skipped = total.get_str() + " sequences, more than --max-enumeration allows";
        } else if (total > largest_walk()) {
            skipped = total.get_str() + " sequences, more than a 63-bit counter holds";
        }
        if (!skipped.empty()) {
            for (Proof& proof : proofs) proof.skipped = skipped;
            return proofs;
        }
        const Stopwatch checking;
        Runtime pass = options;
        pass.time_limit_s *= static_cast<double>(margins.size());
        const TimeLimit limit(pass.deadline());
        std::vector<CheckResult> findings;
        if (!within_time([&] { findings = count_sequences(model, margins, options, pass); })) {
            return std::vector<Proof>(margins.size(), out_of_time());
        }
        const double all = checking.seconds();
        for (std::size_t d = 0; d < proofs.size(); ++d) {
            proofs[d].result = std::move(findings[d]);
            proofs[d].check_s = all / static_cast<double>(proofs.size());
        }
        return proofs;
    }
};

}  // namespace

void add_brute_force(ProverList& list) {
    list.push_back(std::make_unique<BruteForce>());
}

}  // namespace maxcert
