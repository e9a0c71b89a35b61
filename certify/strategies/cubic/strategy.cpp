// The paper's cubic proof made sound (SOUNDNESS T2): there is nothing to search for, so proving is checking.
#include "certify/proof/registry.hpp"
#include "certify/proof/stopwatch.hpp"

namespace maxcert {
namespace {

class Cubic : public Prover {
  public:
    Cubic()
        : Prover("cubic", {"O(V^3 K + V^2 d)",
                           "cells by query, maximum and count of one other token; the paper's cubic proof"}) {
    }

    Proof prove(Model& model, const SearchOptions& run) const override {
        Proof proof;
        const Stopwatch checking;
        proof.result = checker().check(model, proof.hints, run);
        proof.check_s = checking.seconds();
        return proof;
    }
};

}  // namespace

void add_cubic(ProverList& list) {
    list.push_back(std::make_unique<Cubic>());
}

}  // namespace maxcert
