// The trainer of `maxcert run`: the training module behind the interface that the pipeline knows.
#pragma once

#include <string>
#include <utility>

#include "data/results/pipeline.hpp"

namespace maxcert {

class ModuleTrainer : public Trainer {
  public:
    /// `config` must outlive this. `device` is cpu or cuda.
    ModuleTrainer(const Config& config, std::string device) : config_(config), device_(std::move(device)) {}

    Json environment() const override;
    void train(const std::vector<std::uint64_t>& seeds, const NoteProgress& note,
               const Deliver& deliver) const override;

  private:
    const Config& config_;
    std::string device_;
};

}  // namespace maxcert
