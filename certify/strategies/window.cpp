// The strategies window/W: an exact window of tokens under the maximum, the far ones pessimised.
#include <chrono>

#include "certify/strategies/families.hpp"
#include "certify/strategies/window_check.hpp"
#include "data/errors.hpp"

namespace maxcert {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class UniformWindow : public Strategy {
  public:
    explicit UniformWindow(unsigned window)
        : Strategy({"window/" + std::to_string(window), "window", "O(V^2 d)",
                    "the " + std::to_string(window) + " largest tokens exact, the others as one", false}),
          window_(window),
          scores_(exact_window_scores()) {}

    Proof prove(Subject& subject, const Options& options) const override {
        Proof proof;
        const auto start = std::chrono::steady_clock::now();
        proof.hints["window"] = window_;
        proof.finding = check(subject, proof.hints, options);
        proof.check_s = seconds_since(start);
        return proof;
    }

    Finding check(Subject& subject, const Json& hints, const Options& options) const override {
        const auto found = hints.find("window");
        if (found == hints.end() || !found->is_number_unsigned() || *found != window_) {
            throw CertificateRejected("window: not " + std::to_string(window_) + " as the strategy says");
        }
        return check_window(subject, *scores_, plan(subject), options);
    }

    std::optional<std::uint64_t> proof_flops(Subject& subject, const Proof& proof) const override {
        return window_table_flops(subject, *scores_, plan(subject)) +
               proof.finding.figures.at("cell_operations").get<std::uint64_t>();
    }

  private:
    WindowPlan plan(Subject& subject) const { return uniform_plan(window_, subject.shape().d_vocab); }

    unsigned window_;
    std::unique_ptr<WindowScores> scores_;
};

}  // namespace

void add_window(StrategyList& list) {
    for (unsigned window = 1; window <= 6; ++window) list.push_back(std::make_unique<UniformWindow>(window));
}

}  // namespace maxcert
