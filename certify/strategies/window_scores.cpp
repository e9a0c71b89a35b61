#include "certify/strategies/window_scores.hpp"

namespace maxcert {
namespace {

class ExactScores : public WindowScores {
  public:
    const AttentionRanges<Interval>& intervals(Subject& subject) const override {
        const auto& p = subject.paths<Interval>();
        return subject.shared<AttentionRanges<Interval>>("window/attention/interval", [&] {
            const RoundUpward up;
            return attention_ranges<Interval>(p.EQKE, p.EQKP, {});
        });
    }
    const AttentionRanges<MpfrInterval>& mpfr(Subject& subject) const override {
        const auto& p = subject.paths<MpfrInterval>();
        return subject.shared<AttentionRanges<MpfrInterval>>(
            "window/attention/mpfr/" + std::to_string(working_precision()),
            [&] { return attention_ranges<MpfrInterval>(p.EQKE, p.EQKP, {}); });
    }
    AttentionRanges<Counting> counting(Subject& subject) const override {
        Paths<Counting> p;
        multiply_score_paths(subject.weight_matrices<Counting>(), p);
        return attention_ranges<Counting>(p.EQKE, p.EQKP, {});
    }
};

}  // namespace

std::unique_ptr<WindowScores> exact_window_scores() {
    return std::make_unique<ExactScores>();
}

}  // namespace maxcert
