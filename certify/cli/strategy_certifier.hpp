// The certifier of `maxcert run`: strategies behind the interface that the pipeline knows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "certify/proof/certify.hpp"
#include "data/results/pipeline.hpp"

namespace maxcert {

class StrategyCertifier : public Certifier {
  public:
    /// `example`, if given, is the seed that is studied thoroughly: the model that the report shows in
    /// detail.
    StrategyCertifier(std::vector<const Prover*> strategies, Options options,
                      std::optional<std::uint64_t> example);

    const std::vector<std::string>& strategies() const override { return names_; }
    bool is_current(std::size_t strategy, const CertificateRecord& record,
                    const std::string& weights_sha256) const override;
    std::unique_ptr<CertifiedModel> open(std::uint64_t seed, const Weights& weights) const override;

  private:
    std::vector<const Prover*> strategies_;
    std::vector<std::string> names_;
    Options options_;
    std::optional<std::uint64_t> example_;
};

}  // namespace maxcert
