// One class for the whole family: options choose the tables, the search finds hints, the check counts what
// they prove (SOUNDNESS T3).
#include "certify/proof/registry.hpp"
#include "certify/proof/stopwatch.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/subcubic/check.hpp"
#include "certify/strategies/subcubic/search.hpp"

namespace maxcert {
namespace {

class Subcubic : public Prover {
  public:
    explicit Subcubic(const SubcubicOptions& o) : Prover(strategy_name(o)), options_(o) {}

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
