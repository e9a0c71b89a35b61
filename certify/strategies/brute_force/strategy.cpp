// Brute force: every sequence is decided (SOUNDNESS T1).
#include <chrono>
#include <utility>

#include "certify/arithmetic/counting.hpp"
#include "certify/proof/registry.hpp"
#include "certify/strategies/brute_force/count.hpp"
#include "certify/strategies/brute_force/reference_walk.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

class BruteForce : public Strategy {
  public:
    BruteForce()
        : Strategy(
              {"brute_force", "brute_force", "brute_force", "O(V^(K+1))", "every sequence, exactly", true}) {}

    Proof prove(Model& model, const Options& options) const override {
        return prove_margins(model, {options.margin}, options).front();
    }

    std::vector<Proof> prove_margins(Model& model, const std::vector<Margin>& margins,
                                     const Options& options) const override {
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
        const auto start = std::chrono::steady_clock::now();
        Options pass = options;
        pass.time_limit_s *= static_cast<double>(margins.size());
        std::vector<CheckResult> findings = count_sequences(model, margins, pass);
        const std::chrono::duration<double> all = std::chrono::steady_clock::now() - start;
        for (std::size_t d = 0; d < proofs.size(); ++d) {
            proofs[d].result = std::move(findings[d]);
            proofs[d].check_s = all.count() / static_cast<double>(proofs.size());
        }
        return proofs;
    }

    CheckResult check(Model& model, const Json& hints, const Options& options) const override {
        if (!hints.is_object() || !hints.empty()) {
            throw CertificateRejected("hints: brute_force takes none, so they must be an empty object");
        }
        if (power(model.shape().d_vocab, model.shape().n_ctx) > largest_walk()) {
            throw CertificateRejected("correct: too many sequences to walk");
        }
        return count_sequences(model, {options.margin}, options).front();
    }

    /// The plain method: multiply the paths out, tabulate every term, then walk the tree of prefixes with one
    /// addition per prefix and output, and at its leaves one comparison per output. One leaf, one inner node
    /// and the tables are counted by running them; their numbers are exact. What the walk skips is not
    /// deducted, so the figure depends on the shape alone.
    std::optional<std::uint64_t> proof_flops(Model& model, const Proof&) const override {
        const Shape& s = model.shape();
        const std::uint64_t before = Counting::operations();
        const Paths<Counting> paths = multiply_paths(model.weight_matrices<Counting>());
        const Counting margin;
        for (std::size_t q = 0; q < s.d_vocab; ++q) {
            const TermTable<Counting> table(paths, q);
            for (std::size_t i = 0; i < s.n_ctx; ++i) {
                for (std::size_t t = i + 1 == s.n_ctx ? q : 0; t < (i + 1 == s.n_ctx ? q + 1 : s.d_vocab);
                     ++t) {
                    for (std::size_t x = 0; x < s.d_vocab; ++x) table(t, i, x, 0, margin);
                }
            }
        }
        const Count tables = count_of(Counting::operations() - before);
        const Count per_prefix = count_of(operations([&] { extend(s.d_vocab); }));
        const Count per_sequence = count_of(operations([&] { compare(s.d_vocab); }));
        Count prefixes = 0;  // tokens at the query and the first j free positions, 1 <= j <= K-1
        for (std::uint32_t j = 2; j <= s.n_ctx; ++j) prefixes += power(s.d_vocab, j);
        const Count all = tables + prefixes * per_prefix + power(s.d_vocab, s.n_ctx) * per_sequence;
        if (all > largest_walk()) return std::nullopt;
        return all.get_ui();
    }

    std::optional<std::uint64_t> unexplained_dimension(const Shape& s) const override {
        const Count dimension = power(s.d_vocab, s.n_ctx + 1UL);
        if (dimension > largest_walk()) return std::nullopt;
        return dimension.get_ui();
    }

  private:
    static Count largest_walk() { return (Count(1) << 63) - 1; }
    static Count count_of(std::uint64_t n) { return Count(static_cast<unsigned long>(n)); }

    template <class Work>
    static std::uint64_t operations(Work&& work) {
        const std::uint64_t before = Counting::operations();
        work();
        return Counting::operations() - before;
    }
    /// One prefix: a term is added to the sum of each output.
    static void extend(std::size_t d_vocab) {
        Counting sum;
        for (std::size_t x = 0; x < d_vocab; ++x) sum += Counting();
    }
    /// One sequence: every output but the largest token is compared.
    static void compare(std::size_t d_vocab) {
        for (std::size_t x = 1; x < d_vocab; ++x) static_cast<void>(certainly_negative(Counting()));
    }
};

}  // namespace

void add_brute_force(StrategyList& list) {
    list.push_back(std::make_unique<BruteForce>());
}

}  // namespace maxcert
