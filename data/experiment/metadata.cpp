// The seeds of an experiment and its strategies stay out: the bits of a model do not depend on them, and a
// list of all seeds in every file would grow with the square of their number.
#include "data/experiment/metadata.hpp"

namespace maxcert {

Json describe(const Config& config) {
    const TrainConfig& t = config.train;
    return {{"name", config.name},
            {"shape",
             {{"n_ctx", config.shape.n_ctx},
              {"d_vocab", config.shape.d_vocab},
              {"d_model", config.shape.d_model},
              {"d_head", config.shape.d_head}}},
            {"train",
             {{"steps", t.steps},
              {"batch", t.batch},
              {"learning_rate", t.learning_rate},
              {"beta1", t.beta1},
              {"beta2", t.beta2},
              {"epsilon", t.epsilon},
              {"weight_decay", t.weight_decay}}},
            {"config_hash", config_hash(config)},
            {"program", std::string("maxcert ") + MAXCERT_VERSION}};
}

Metadata weights_metadata(const Config& config, std::uint64_t seed, const Json& environment) {
    return {{"config", describe(config).dump()},
            {"config_hash", config_hash(config)},
            {"seed", std::to_string(seed)},
            {"environment", environment.dump()},
            {"program", std::string("maxcert ") + MAXCERT_VERSION}};
}

}  // namespace maxcert
