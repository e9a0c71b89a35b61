// A results folder that is written (folder.hpp says what it holds).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "data/experiment/config.hpp"
#include "data/results/folder.hpp"

namespace maxcert {

class WritableResults : public Results {
  public:
    /// Makes the folder if needed. Throws InputError (with the remedy) when it holds results of another
    /// configuration or an older layout, Error when nothing can be written there.
    static WritableResults open(const std::string& folder, const Config& config);

    void write_model(std::uint64_t seed, const Json& model) const;
    /// Puts certificates, a line by strategy, into the seed's file. Others that it holds of the same weights
    /// stay.
    void add_certificates(std::uint64_t seed, const std::string& weights_sha256,
                          const std::map<std::string, std::string>& line_by_strategy) const;

  private:
    using Results::Results;
};

}  // namespace maxcert
