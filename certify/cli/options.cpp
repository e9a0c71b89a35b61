// Every value is checked before the work begins.
#include "certify/cli/options.hpp"

#include "data/base/errors.hpp"

namespace maxcert {
void add_certify_options(CommandLine& line) {
    line.text(
        "arithmetic", "NAME", "filtered",
        "filtered: double intervals, MPFR where they leave it open; mpfr: MPFR everywhere (but brackets add "
        "the MPFR terms up in outward-rounded doubles)");
    line.text("max-bits", "N", "4096",
              "precision at which escalation gives up (what is open then is not proved)");
    line.text("margin", "D", "0", "certify that the right logit wins by more than D (a decimal number)");
    line.text("semantics", "NAME", "real",
              "real: a claim about exact arithmetic; float32: about every float32 evaluation of the model");
    line.text("exp-ulp", "N", "4", "float32: the program's exp is within this many units in the last place");
    line.text("max-enumeration", "N", "68719476736", "brute_force is skipped above this many sequences");
    line.text("node-budget", "N", "0",
              "multiset, convolution: work to spend, in nodes or operations; 0 for the default");
    line.text("proof-budget", "OPS", "0",
              "window/adaptive: the best proof of at most about this many operations; 0: as far as it pays");
    line.text("mass-threshold", "X", "", "multiset: leave nodes below this share of all sequences unproved");
    line.text("time-limit", "SECONDS", "0", "per strategy; what is proved by then stands; 0 for none");
}

Options certify_options(const CommandLine& line) {
    Options options;
    const std::string arithmetic = line.get("arithmetic");
    if (arithmetic != "filtered" && arithmetic != "mpfr") {
        throw UsageError("--arithmetic takes filtered or mpfr, not '" + arithmetic + "'");
    }
    options.arithmetic = arithmetic == "mpfr" ? Arithmetic::mpfr : Arithmetic::filtered;
    options.max_bits = static_cast<long>(line.whole("max-bits", 53, 65536));
    options.margin = Margin(line.get("margin"));
    options.semantics = parse_semantics(line.get("semantics"));
    options.exp_ulp = static_cast<unsigned>(line.whole("exp-ulp", 0, kMaxExpUlp));
    options.max_enumeration = Count(line.whole("max-enumeration", 0, 1000000000000000000ul));
    options.node_budget = line.whole("node-budget", 0, 1000000000000ul);
    options.proof_budget = line.whole("proof-budget", 0, 1000000000000000ul);
    if (line.given("mass-threshold")) options.mass_threshold = line.number("mass-threshold", 0, 1);
    options.time_limit_s = line.number("time-limit", 0, 1e9);
    return options;
}

}  // namespace maxcert
