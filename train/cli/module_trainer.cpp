// Opens the module only when a seed is to be trained: a folder that is complete needs no LibTorch.
#include "train/cli/module_trainer.hpp"

#include "data/base/cancellation.hpp"
#include "train/module.hpp"

namespace maxcert {

Json ModuleTrainer::environment() const {
    return train_module().environment();
}

void ModuleTrainer::train(const std::vector<std::uint64_t>& seeds, const NoteProgress& note,
                          const Deliver& deliver) const {
    TrainOptions options;
    options.device = device_;
    options.should_stop = stop_requested;
    options.on_progress = [&note](double share, const std::string&) { note(share); };
    train_module().train(config_, seeds, options, [&](TrainedModel&& model) {
        deliver({model.seed,
                 std::move(model.weights),
                 {{"final_loss", model.final_loss},
                  {"sampled_accuracy", model.sampled_accuracy},
                  {"curve", std::move(model.curve)},
                  {"run", {{"train_s", model.train_seconds}}},
                  {"environment", environment()}}});
    });
}

}  // namespace maxcert
