// A sum of terms is evaluated at 128 bits and then twice as many, until its sign is certain.
#include "certify/strategies/terms/exact_decider.hpp"

#include <algorithm>
#include <utility>

#include "certify/model/margin.hpp"
#include "certify/model/paths.hpp"

namespace maxcert {

namespace {

// Attention weights exp(-300) times any bracket of floats are still far above where doubles underflow.
constexpr double kFarApart = 300;

/// Whether some attention weight of the query may be so small beside the largest that doubles lose it, or is
/// known to no more than such a factor.
bool scores_lie_far_apart(const Paths<Interval>& p, std::size_t q) {
    const auto range = [q](const Matrix<Interval>& scores) {
        double least = scores(q, 0).lower(), most = scores(q, 0).upper();
        for (std::size_t j = 1; j < scores.columns(); ++j) {
            least = std::min(least, scores(q, j).lower()), most = std::max(most, scores(q, j).upper());
        }
        return most - least;
    };
    return !(range(p.EQKE) + range(p.EQKP) < kFarApart);
}

}  // namespace

ExactDecider::ExactDecider(Model& model, long max_bits, std::vector<Margin> margins)
    : model_(model),
      max_bits_(max_bits),
      margins_(std::move(margins)),
      box_(!model.radius().is_zero()),
      spent_(margins_.size()) {
    if (!box_) return;
    max_bits_ = first_bits(max_bits_);
    const Paths<Interval>& p = paths_of<Interval>(model);
    for (std::size_t q = 0; q < p.EQKE.rows(); ++q) peaked_.push_back(scores_lie_far_apart(p, q));
}

Decision ExactDecider::decide(const OpenSequence& sequence) {
    // No precision narrows a box of weights. But doubles cannot hold attention weights that are very small.
    if (box_ && !peaked_[sequence.tokens.back()]) return Decision::open;
    const std::lock_guard<std::mutex> lock(mutex_);
    Spent& spent = spent_[sequence.margin];
    const std::uint64_t before = MpfrInterval::operations();
    Decision decision = Decision::right;
    for (const std::uint32_t x : sequence.outputs) {
        // An exact tie stays open at every precision, and anything else ends at some: so ask once.
        bool asked = false;
        Verdict verdict = Verdict::open;
        for_each_precision(max_bits_, [&](long bits) {
            spent.bits = std::max(spent.bits, bits);
            verdict = lead_is_negative(sequence, x);
            if (verdict == Verdict::open && !box_ && !std::exchange(asked, true) && is_tie(sequence, x)) {
                verdict = Verdict::refuted;
            }
            return verdict != Verdict::open;
        });
        if (verdict == Verdict::refuted) {
            decision = Decision::wrong;
            break;
        }
        if (verdict == Verdict::open) decision = Decision::open;
    }
    spent.operations += MpfrInterval::operations() - before;
    return decision;
}

bool ExactDecider::is_tie(const OpenSequence& sequence, std::size_t x) {
    if (!ties_) ties_.emplace(model_.weights());
    return ties_->is_tie(sequence.tokens, sequence.largest, x, margins_[sequence.margin].exact());
}

/// At its largest (smallest), a term has the largest (smallest) bracket, and of the scores the end that its
/// sign asks for; then the largest of these scores may be taken off all of them. So weights do not underflow
/// however far scores lie apart, nor span [0, 1] in a box, whose scores are wide.
Verdict ExactDecider::lead_is_negative(const OpenSequence& sequence, std::size_t x) {
    checkpoint(static_cast<std::size_t>(working_precision()));
    const Paths<MpfrInterval>& p = paths_of<MpfrInterval>(model_);
    const MpfrInterval margin = margins_[sequence.margin].enclose<MpfrInterval>();
    const std::size_t q = sequence.tokens.back(), m = sequence.largest, n = sequence.tokens.size();
    for (const bool largest : {true, false}) {
        std::vector<MpfrInterval> brackets, scores;
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t t = sequence.tokens[i];
            const MpfrInterval range = ((p.EU(q, x) - p.EU(q, m)) + (p.EVOU(t, x) - p.EVOU(t, m))) +
                                       ((p.PVOU(i, x) - p.PVOU(i, m)) + margin);
            brackets.push_back(largest ? upper_end(range) : lower_end(range));
            const MpfrInterval score = p.EQKE(q, t) + p.EQKP(q, i);
            const bool positive = certainly_nonnegative(brackets.back());
            scores.push_back(positive == largest ? upper_end(score) : lower_end(score));
        }
        MpfrInterval highest = scores.front(), sum;
        for (const MpfrInterval& score : scores) highest = max(highest, score);
        for (std::size_t i = 0; i < n; ++i) sum += exp(scores[i] - highest) * brackets[i];
        if (largest && certainly_negative(sum)) return Verdict::proved;
        if (!largest && certainly_nonnegative(sum)) return Verdict::refuted;
    }
    return Verdict::open;
}

}  // namespace maxcert
