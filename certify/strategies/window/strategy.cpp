// The strategies window/W and window/adaptive, each also with every QK error option: the largest tokens
// exact, the far ones pessimised (SOUNDNESS T5c).
#include <chrono>

#include "certify/proof/registry.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/window/search.hpp"

namespace maxcert {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Window : public Prover {
  public:
    explicit Window(const WindowVariant& variant) : Prover(variant.name), variant_(variant) {}

    Proof prove(Model& model, const Options& options) const override {
        Proof proof;
        auto start = std::chrono::steady_clock::now();
        const bool exact = variant_.error == QkError::exact_EQKE;
        ScoreHints score;
        if (!exact) score = score_hints(directions_of(model), variant_.error);
        if (variant_.window > 0) {
            proof.hints = {{"window", variant_.window}};
        } else {
            proof.hints = plan_to_json(search_windows(model, variant_.error, score, options));
        }
        if (!exact) proof.hints["score"] = score_hints_to_json(score, variant_.error);
        proof.search_s = seconds_since(start);
        start = std::chrono::steady_clock::now();
        proof.result = checker().check(model, proof.hints, options);
        proof.check_s = seconds_since(start);
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
