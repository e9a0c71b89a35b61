// `maxcert train`: trains seeds and saves their weights, without certifying them.
#include <fmt/format.h>

#include "data/base/cancellation.hpp"
#include "data/base/progress.hpp"
#include "data/base/signals.hpp"
#include "data/cli/command_line.hpp"
#include "data/experiment/metadata.hpp"
#include "data/experiment/seeds.hpp"
#include "data/files/files.hpp"
#include "data/weights/identity.hpp"
#include "data/weights/save_safetensors.hpp"
#include "train/module.hpp"

namespace maxcert {

int train_command(const std::vector<std::string>& arguments) {
    CommandLine line(
        "train", "trains models and saves their weights",
        {"maxcert train --config configs/max-of-4.cfg --seeds 123 --save models",
         "maxcert train --config configs/max-of-10.cfg --seeds first:8 --threads all --save models"});
    add_config_option(line);
    add_seeds_option(line);
    line.text("save", "DIR", "", "where seed-N.safetensors are written");
    add_threads_option(line, "all");
    line.text("device", "NAME", "cpu",
              "cpu; cuda needs a LibTorch built for it, which Debian's is not, and is untested");
    add_progress_option(line);
    if (!line.parse(arguments)) return 0;
    const Config config = load_config(line.require("config"));
    const auto seeds = select_seeds(line.get("seeds"), config.seeds);
    const std::string folder = line.require("save");
    TrainOptions options;
    options.threads = thread_count(line);
    options.device = line.get("device");
    options.should_stop = stop_requested;
    const ProgressStyle style = progress_style(line.get("progress"));
    make_writable_folder(folder);
    const Json environment = train_module().environment();
    {
        Progress progress(style, "train", 1);
        options.on_progress = [&](double share, const std::string& note) { progress.update(share, note); };
        train_module().train(config, seeds, options, [&](TrainedModel&& model) {
            const std::string file = fmt::format("{}/seed-{}.safetensors", folder, model.seed);
            save_safetensors(file, model.weights, weights_metadata(config, model.seed, environment));
            fmt::print("{}\n", Json({{"seed", model.seed},
                                     {"file", file},
                                     {"weights_sha256", sha256_of(model.weights)},
                                     {"final_loss", model.final_loss},
                                     {"sampled_accuracy", model.sampled_accuracy},
                                     {"train_s", model.train_seconds}})
                                   .dump());
        });
    }
    return stop_exit_code();
}

}  // namespace maxcert
