// One Model per seed: its path matrices and tables serve the study and every certificate.
#include "certify/cli/strategy_certifier.hpp"

#include <utility>

#include "certify/study/study.hpp"

namespace maxcert {
namespace {

class OpenedModel : public CertifiedModel {
  public:
    OpenedModel(const Weights& weights, const std::vector<const Prover*>& strategies, const Options& options,
                bool thorough)
        : model_(weights), strategies_(strategies), options_(options), thorough_(thorough) {}

    Json study() override {
        StudyOptions options;
        options.thorough = thorough_;
        options.time_limit_s = options_.time_limit_s;
        return study_model(model_, options);
    }

    void certify(const std::vector<std::size_t>& todo, const Deliver& deliver) override {
        for (const std::size_t i : todo) {
            if (stop_requested()) return;
            CertificateRecord record = certify_one(model_, *strategies_[i], options_);
            if (stop_requested() && !record.complete()) return;  // run again finishes it
            deliver(std::move(record));
        }
    }

  private:
    Model model_;
    const std::vector<const Prover*>& strategies_;
    const Options& options_;
    bool thorough_;
};

}  // namespace

StrategyCertifier::StrategyCertifier(std::vector<const Prover*> strategies, Options options,
                                     std::optional<std::uint64_t> example)
    : strategies_(std::move(strategies)), options_(std::move(options)), example_(example) {
    for (const Prover* strategy : strategies_) names_.push_back(strategy->info().name);
}

bool StrategyCertifier::is_current(std::size_t strategy, const CertificateRecord& record,
                                   const std::string& weights_sha256) const {
    return maxcert::is_current(record, *strategies_[strategy], options_, weights_sha256);
}

std::unique_ptr<CertifiedModel> StrategyCertifier::open(std::uint64_t seed, const Weights& weights) const {
    return std::make_unique<OpenedModel>(weights, strategies_, options_, seed == example_);
}

}  // namespace maxcert
