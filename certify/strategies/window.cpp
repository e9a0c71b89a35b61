// The strategies window/W and window/W/ERROR: the largest tokens exact, the far ones pessimised.
#include <chrono>

#include "certify/strategies/families.hpp"
#include "certify/strategies/subcubic_directions.hpp"
#include "certify/strategies/window_check.hpp"
#include "data/errors.hpp"

namespace maxcert {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// One window for every pair.
class UniformWindow : public Strategy {
  public:
    UniformWindow(unsigned window, QkError error, const std::string& name)
        : Strategy({name, "window", "O(V^2 (d + K))",
                    "the " + std::to_string(window) + " largest tokens exact, the others as one", false}),
          window_(window),
          error_(error) {}

    Proof prove(Subject& subject, const Options& options) const override {
        Proof proof;
        auto start = std::chrono::steady_clock::now();
        proof.hints["window"] = window_;
        if (error_ != QkError::exact_EQKE) {
            proof.hints["score"] = score_hints_to_json(directions_of(subject).score, error_);
        }
        proof.search_s = seconds_since(start);
        start = std::chrono::steady_clock::now();
        proof.finding = check(subject, proof.hints, options);
        proof.check_s = seconds_since(start);
        return proof;
    }

    Finding check(Subject& subject, const Json& hints, const Options& options) const override {
        return check_window(subject, claim(hints, subject.shape()), options);
    }

    std::optional<std::uint64_t> proof_flops(Subject& subject, const Proof& proof) const override {
        return window_table_flops(subject, claim(proof.hints, subject.shape())) +
               proof.finding.figures.at("cell_operations").get<std::uint64_t>();
    }

  private:
    WindowClaim claim(const Json& hints, const Shape& shape) const {
        const auto window = hints.find("window");
        if (window == hints.end() || !window->is_number_unsigned() || *window != window_) {
            throw CertificateRejected("hints.window: not " + std::to_string(window_) +
                                      " as the strategy says");
        }
        ScoreHints score;
        if (error_ != QkError::exact_EQKE) {
            const auto found = hints.find("score");
            if (found == hints.end()) throw CertificateRejected("hints.score: missing");
            score = score_hints_from_json(*found, error_, shape);
        }
        return {error_, std::move(score), uniform_plan(window_, shape.d_vocab)};
    }

    unsigned window_;
    QkError error_;
};

}  // namespace

void add_window(StrategyList& list) {
    for (unsigned window = 1; window <= kMaxUniformWindow; ++window) {
        const std::string name = "window/" + std::to_string(window);
        list.push_back(std::make_unique<UniformWindow>(window, QkError::exact_EQKE, name));
        for (const QkError error : kQkErrors) {
            list.push_back(std::make_unique<UniformWindow>(window, error, name + "/" + name_of(error)));
        }
    }
}

}  // namespace maxcert
