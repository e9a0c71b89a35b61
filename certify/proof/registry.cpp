// The one list of strategies, and how words on a command line choose from it.
#include "certify/proof/registry.hpp"

#include <fnmatch.h>

#include <stdexcept>

#include "data/base/errors.hpp"
#include "data/base/text.hpp"
#include "data/cli/did_you_mean.hpp"

namespace maxcert {

namespace {

const Checker& known_checker(const std::string& strategy) {
    const Checker* checker = checker_named(strategy);
    if (checker == nullptr) throw std::invalid_argument("no checker is called " + strategy);
    return *checker;
}

}  // namespace

Proof out_of_time() {
    Proof proof;
    proof.skipped = "the time limit passed, or a signal came, before anything was proved";
    proof.result.complete = false;
    return proof;
}

Prover::Prover(const std::string& strategy, Description description)
    : checker_(known_checker(strategy)), description_(std::move(description)) {}

std::vector<Proof> Prover::prove_margins(Model& model, const std::vector<Margin>& margins,
                                         const SearchOptions& options) const {
    std::vector<Proof> proofs;
    SearchOptions one = options;
    for (const Margin& margin : margins) {
        one.margin = margin;
        const TimeLimit limit(options.deadline());
        const auto before = static_cast<double>(proofs.size()), n = static_cast<double>(margins.size());
        if (options.on_progress) {
            one.on_progress = [&options, before, n](double share, const std::string& note) {
                options.on_progress((before + share) / n, note);
            };
        }
        Proof proof;
        if (!within_time([&] { proof = prove(model, one); })) proof = out_of_time();
        proofs.push_back(std::move(proof));
    }
    return proofs;
}

const ProverList& all_strategies() {
    static const ProverList list = [] {
        ProverList made;
        add_brute_force(made);
        add_cubic(made);
        add_subcubic(made);
        add_window(made);
        add_bracket(made);
        return made;
    }();
    return list;
}

std::vector<const Prover*> select_strategies(const std::string& list) {
    const auto& all = all_strategies();
    std::vector<bool> chosen(all.size());
    bool any_word = false;
    for (const std::string& word : split(list, ',')) {
        if (word.empty()) continue;
        any_word = true;
        bool matched = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const StrategyInfo& info = all[i]->info();
            const bool hit = word == "all" || word == info.group || (word == "paper" && info.in_paper) ||
                             fnmatch(word.c_str(), info.name.c_str(), 0) == 0;
            if (hit) matched = chosen[i] = true;
        }
        if (!matched) {
            std::vector<std::string> names = {"paper", "all"};
            for (const auto& prover : all) names.push_back(prover->info().name);
            throw UsageError("no strategy is called '" + word + "'" + did_you_mean(word, names) +
                             "; maxcert strategies lists them");
        }
    }
    if (!any_word) throw UsageError("--strategies is empty; see maxcert strategies");
    std::vector<const Prover*> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (chosen[i]) result.push_back(all[i].get());
    }
    return result;
}

}  // namespace maxcert
