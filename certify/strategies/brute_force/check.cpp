// Checking is the walk itself, over every sequence (SOUNDNESS T1): a certificate holds no hints.
#include "certify/strategies/brute_force/check.hpp"

#include "certify/arithmetic/counting.hpp"
#include "certify/model/paths.hpp"
#include "certify/strategies/brute_force/count.hpp"
#include "certify/strategies/brute_force/reference_walk.hpp"
#include "data/base/errors.hpp"

namespace maxcert {

Count largest_walk() {
    return (Count(1) << 63) - 1;
}

namespace {

class BruteForceChecker : public Checker {
  public:
    BruteForceChecker() : Checker({"brute_force", "brute_force", "brute_force", true}) {}

    CheckResult check(Model& model, const Json& hints, const CheckOptions& options) const override {
        if (!hints.is_object() || !hints.empty()) {
            throw CertificateRejected("hints: brute_force takes none, so they must be an empty object");
        }
        if (power(model.shape().d_vocab, model.shape().n_ctx) > largest_walk()) {
            throw CertificateRejected("correct: too many sequences to walk");
        }
        return count_sequences(model, {options.margin}, options, options).front();
    }

    /// The plain method: multiply the paths out, tabulate every term, then walk the tree of prefixes with one
    /// addition per prefix and output, and at its leaves one comparison per output. One leaf, one inner node
    /// and the tables are counted by running them; their numbers are exact. What the walk skips is not
    /// deducted, so the figure depends on the shape alone.
    std::optional<std::uint64_t> proof_flops(Model& model, const Json&, const CheckResult&) const override {
        const Shape& s = model.shape();
        const std::uint64_t before = Counting::operations();
        const Paths<Counting> paths = multiply_paths({}, model.weight_matrices<Counting>());
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

void add_brute_force_checker(CheckerList& list) {
    list.push_back(std::make_unique<BruteForceChecker>());
}

}  // namespace maxcert
