// The strategies window/W and window/adaptive, each also with every QK error option: the largest tokens
// exact, the far ones pessimised.
#include <chrono>

#include "certify/proof/registry.hpp"
#include "certify/strategies/qk/directions.hpp"
#include "certify/strategies/window/search.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Window : public Strategy {
  public:
    Proof prove(Model& model, const Options& options) const override {
        Proof proof;
        auto start = std::chrono::steady_clock::now();
        ScoreHints score;
        if (error_ != QkError::exact_EQKE) score = score_hints(directions_of(model), error_);
        proof.hints = search(model, score, options);
        if (error_ != QkError::exact_EQKE) proof.hints["score"] = score_hints_to_json(score, error_);
        proof.search_s = seconds_since(start);
        start = std::chrono::steady_clock::now();
        proof.result = check(model, proof.hints, options);
        proof.check_s = seconds_since(start);
        return proof;
    }

    CheckResult check(Model& model, const Json& hints, const Options& options) const override {
        return check_window(model, claim(hints, model.shape()), options);
    }

    std::optional<std::uint64_t> proof_flops(Model& model, const Proof& proof) const override {
        return window_table_flops(model, claim(proof.hints, model.shape())) +
               proof.result.figures.at("cell_operations").get<std::uint64_t>();
    }

  protected:
    Window(const std::string& name, const std::string& summary, QkError error)
        : Strategy({name, "window", "window", "O(V^2 (d + K))", summary, false}), error_(error) {}

    QkError error() const { return error_; }

  private:
    /// Hints other than the score's.
    virtual Json search(Model& model, const ScoreHints& score, const Options& options) const = 0;
    virtual WindowPlan plan(const Json& hints, const Shape& shape) const = 0;

    WindowClaim claim(const Json& hints, const Shape& shape) const {
        if (!hints.is_object()) throw CertificateRejected("hints: not an object");
        WindowClaim claim{error_, {}, plan(hints, shape)};
        if (error_ == QkError::exact_EQKE) return claim;
        const auto score = hints.find("score");
        if (score == hints.end()) throw CertificateRejected("hints.score: missing");
        claim.score = score_hints_from_json(*score, error_, shape);
        return claim;
    }

    QkError error_;
};

/// One window for every pair.
class UniformWindow : public Window {
  public:
    UniformWindow(const std::string& name, unsigned window, QkError error)
        : Window(name,
                 "the " + std::to_string(window) + " largest tokens exact, four as one, the far ones as one",
                 error),
          window_(window) {}

  private:
    Json search(Model&, const ScoreHints&, const Options&) const override { return {{"window", window_}}; }

    WindowPlan plan(const Json& hints, const Shape& shape) const override {
        const auto found = hints.find("window");
        if (found == hints.end() || !found->is_number_unsigned() || *found != window_) {
            throw CertificateRejected("hints.window: not " + std::to_string(window_) +
                                      " as the strategy says");
        }
        return uniform_plan(window_, shape.d_vocab);
    }

    unsigned window_;
};

/// A window for each pair.
class AdaptiveWindow : public Window {
  public:
    AdaptiveWindow(const std::string& name, QkError error)
        : Window(name, "for each query and maximum as many tokens exact as pays", error) {}

  private:
    Json search(Model& model, const ScoreHints& score, const Options& options) const override {
        return plan_to_json(search_windows(model, error(), score, options));
    }

    WindowPlan plan(const Json& hints, const Shape& shape) const override {
        return plan_from_json(hints, shape.d_vocab);
    }
};

}  // namespace

void add_window(StrategyList& list) {
    const auto add = [&list](QkError error, const std::string& suffix) {
        for (unsigned window = 1; window <= kMaxUniformWindow; ++window) {
            const std::string name = "window/" + std::to_string(window) + suffix;
            list.push_back(std::make_unique<UniformWindow>(name, window, error));
        }
        list.push_back(std::make_unique<AdaptiveWindow>("window/adaptive" + suffix, error));
    };
    add(QkError::exact_EQKE, "");
    for (const QkError error : kQkErrors) add(error, std::string("/") + name_of(error));
}

}  // namespace maxcert
