// A sum of terms is evaluated at 128 bits and then twice as many, until its sign is certain. Exponentials are
// kept by precision, since the open sequences of a model share most of them.
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

/// exp(score - the sequence's own largest score), where scores lie so far apart that exp underflows
/// relative to the query's largest one.
std::vector<MpfrInterval> own_attention(const Paths<MpfrInterval>& p, const OpenSequence& sequence) {
    const std::size_t q = sequence.tokens.back();
    std::vector<MpfrInterval> weight;
    for (std::size_t i = 0; i < sequence.tokens.size(); ++i) {
        weight.push_back(p.EQKE(q, sequence.tokens[i]) + p.EQKP(q, i));
    }
    MpfrInterval largest = weight.front();
    for (const MpfrInterval& score : weight) largest = max(largest, score);
    largest = upper_end(largest);
    for (MpfrInterval& score : weight) score = exp(score - largest);
    return weight;
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
            verdict = box_ ? verdict_in_box(sequence, x) : sign_verdict(lead(sequence, x));
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

ExactDecider::AtPrecision& ExactDecider::at_precision() {
    const long bits = working_precision();
    const auto found = by_precision_.find(bits);
    if (found != by_precision_.end()) return found->second;
    const std::size_t d_vocab = model_.shape().d_vocab;
    AtPrecision at;
    at.paths = &paths_of<MpfrInterval>(model_);
    for (const Margin& m : margins_) at.margins.push_back(m.enclose<MpfrInterval>());
    at.attention.resize(d_vocab);
    at.known.resize(d_vocab);
    at.largest_score.resize(d_vocab);
    return by_precision_.emplace(bits, std::move(at)).first->second;
}

const MpfrInterval& ExactDecider::attention(AtPrecision& at, std::size_t q, std::size_t t, std::size_t i) {
    const Paths<MpfrInterval>& p = *at.paths;
    const std::size_t d_vocab = p.EQKE.rows(), n_ctx = p.PVOU.rows();
    const auto score = [&](std::size_t token, std::size_t position) {
        return p.EQKE(q, token) + p.EQKP(q, position);
    };
    if (at.known[q].empty()) {
        at.known[q].resize(d_vocab * n_ctx);
        at.attention[q].resize(d_vocab * n_ctx);
        MpfrInterval largest = score(0, 0);
        for (std::size_t j = 1; j < d_vocab * n_ctx; ++j) {
            largest = max(largest, score(j % d_vocab, j / d_vocab));
        }
        at.largest_score[q] = upper_end(largest);
    }
    const std::size_t j = i * d_vocab + t;
    if (!at.known[q][j]) {
        at.attention[q][j] = exp(score(t, i) - at.largest_score[q]);
        at.known[q][j] = true;
    }
    return at.attention[q][j];
}

MpfrInterval ExactDecider::bracket(const OpenSequence& sequence, std::size_t x, std::size_t i) {
    const AtPrecision& at = at_precision();
    const Paths<MpfrInterval>& p = *at.paths;
    const std::size_t q = sequence.tokens.back(), m = sequence.largest, t = sequence.tokens[i];
    return ((p.EU(q, x) - p.EU(q, m)) + (p.EVOU(t, x) - p.EVOU(t, m))) +
           ((p.PVOU(i, x) - p.PVOU(i, m)) + at.margins[sequence.margin]);
}

MpfrInterval ExactDecider::lead(const OpenSequence& sequence, std::size_t x) {
    checkpoint(static_cast<std::size_t>(working_precision()));
    AtPrecision& at = at_precision();
    std::vector<MpfrInterval> weight;
    bool underflow = true;
    for (std::size_t i = 0; i < sequence.tokens.size(); ++i) {
        weight.push_back(attention(at, sequence.tokens.back(), sequence.tokens[i], i));
        underflow = underflow && !certainly_negative(-weight.back());
    }
    if (underflow) weight = own_attention(*at.paths, sequence);
    MpfrInterval sum;
    for (std::size_t i = 0; i < sequence.tokens.size(); ++i) sum += weight[i] * bracket(sequence, x, i);
    return sum;
}

/// The scores of a box are intervals so wide that weights relative to any fixed one would span [0, 1]. At its
/// largest (smallest), a term has the largest (smallest) bracket, and of the scores the end that its sign
/// asks for; then the largest of these scores may be taken off all of them.
Verdict ExactDecider::verdict_in_box(const OpenSequence& sequence, std::size_t x) {
    const Paths<MpfrInterval>& p = *at_precision().paths;
    const std::size_t q = sequence.tokens.back(), n = sequence.tokens.size();
    for (const bool largest : {true, false}) {
        std::vector<MpfrInterval> brackets, scores;
        for (std::size_t i = 0; i < n; ++i) {
            const MpfrInterval range = bracket(sequence, x, i);
            brackets.push_back(largest ? upper_end(range) : lower_end(range));
            const MpfrInterval score = p.EQKE(q, sequence.tokens[i]) + p.EQKP(q, i);
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
