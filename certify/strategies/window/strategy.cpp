// The strategies window/W and window/adaptive, each also with every QK error option: the largest tokens
// exact, the far ones pessimised (SOUNDNESS T5c).
#include "certify/proof/registry.hpp"
#include "certify/proof/stopwatch.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/qk/hint_writer.hpp"
#include "certify/strategies/window/plan_json.hpp"
#include "certify/strategies/window/search.hpp"

namespace maxcert {
namespace {

std::string summary_of(const WindowVariant& variant) {
    if (variant.window == 0) return "for each query and maximum as many tokens exact as pays";
    return "the " + std::to_string(variant.window) +
           " largest tokens exact, four as one, the far ones as one";
}

class Window : public Prover {
  public:
    explicit Window(const WindowVariant& variant)
        : Prover(variant.name, {"O(V^2 (d + K))", summary_of(variant)}), variant_(variant) {}

    Proof prove(Model& model, const SearchOptions& options) const override {
        Proof proof;
        const Stopwatch searching;
        const bool exact = variant_.error == QkError::exact_EQKE;
        ScoreHints score;
        bool searched = true;
        if (!exact) score = score_hints(directions_of(model), variant_.error);
        if (variant_.window > 0) {
            proof.hints = {{"window", variant_.window}};
        } else {
            SearchOptions half = options;  // the check wants the rest
            half.time_limit_s /= 2;
            const Deadline deadline = half.deadline();
            proof.hints = plan_to_json(search_windows(model, variant_.error, score, half));
            searched = !deadline.passed();
        }
        if (!exact) proof.hints["score"] = score_hints_to_json(score, variant_.error);
        proof.search_s = searching.seconds();
        const Stopwatch checking;
        proof.result = checker().check(model, proof.hints, options);
        proof.result.complete = proof.result.complete && searched;
        proof.check_s = checking.seconds();
        return proof;
    }

  private:
    WindowVariant variant_;
};

}  // namespace

void add_window(ProverList& list) {
    for (const WindowVariant& variant : window_family()) list.push_back(std::make_unique<Window>(variant));
}

}  // namespace maxcert
