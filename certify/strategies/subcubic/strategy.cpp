// One class for the whole family: options choose the tables, the search finds hints, the check counts what
// they prove (SOUNDNESS T3).
#include "certify/proof/registry.hpp"
#include "certify/proof/stopwatch.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/subcubic/check.hpp"
#include "certify/strategies/subcubic/hint_writer.hpp"
#include "certify/strategies/subcubic/search.hpp"

namespace maxcert {
namespace {

std::string complexity_of(const SubcubicOptions& o) {
    if (attention_exact(o.error)) return "O(V^2 (d + K))";
    return recursive(o.error) ? "O(V^2 K + V^2 d; attention V^2 + V d)" : "O(V^2 (d + K) + V d^2)";
}

std::string summary_of(const SubcubicOptions& o) {
    std::string text = "cells by query, maximum, count of others and gap; ";
    switch (o.direct) {
        case Direct::mean_query:
            text += "direct path against the mean query";
            break;
        case Direct::svd_query:
            text += "direct path against its top singular query";
            break;
        case Direct::max_diff:
            text += "direct path bounded factor by factor";
            break;
        case Direct::exact:
            text += "direct path by the range of each row";
            break;
        case Direct::global_exact:
            text += "direct path by its global range";
            break;
        case Direct::centred:
            text += "direct path and OV centred on the maximum";
            break;
    }
    switch (o.attention) {
        case AttentionBound::mean_query:
            text += "; logits around the average attention";
            break;
        case AttentionBound::drop_average:
            text += "; logits without average attention";
            break;
        case AttentionBound::convex:
            text += "; logits by chords of their convex maximum";
            break;
    }
    return o.error == QkError::exact_EQKE ? text + "; QK exact" : text + "; QK low rank + bounded rest";
}

class Subcubic : public Prover {
  public:
    explicit Subcubic(const SubcubicOptions& o)
        : Prover(strategy_name(o), {complexity_of(o), summary_of(o)}), options_(o) {}

    Proof prove(Model& model, const SearchOptions& run) const override {
        Proof proof;
        const Stopwatch searching;
        SubcubicHints hints;
        bool searched = false;
        {
            const TimeLimit half(run.deadline(0.5));  // the check wants the rest
            hints = search_subcubic(model, options_, run.margin, &searched);
        }
        proof.search_s = searching.seconds();
        const Stopwatch checking;
        proof.result = check_subcubic(model, options_, hints, run);
        proof.result.complete = proof.result.complete && searched;
        proof.check_s = checking.seconds();
        proof.result.figures["sigma_ratio"] = directions_of(model).sigma_ratio;
        proof.hints = hints_to_json(hints, options_);
        return proof;
    }

  private:
    SubcubicOptions options_;
};

}  // namespace

void add_subcubic(ProverList& list) {
    for (const SubcubicOptions& options : subcubic_family())
        list.push_back(std::make_unique<Subcubic>(options));
}

}  // namespace maxcert
