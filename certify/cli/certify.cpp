// `maxcert certify`: proves bounds for given weights, for every radius, strategy and margin that is asked
// for. A model is prepared once per radius, and margins share a pass where the strategy can.
#include "certify/proof/certify.hpp"

#include <fmt/format.h>

#include "certify/cli/commands.hpp"
#include "certify/cli/table.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "data/base/errors.hpp"
#include "data/base/progress.hpp"
#include "data/base/signals.hpp"
#include "data/base/text.hpp"
#include "data/files/files.hpp"

namespace maxcert {
namespace {

/// File name of a strategy's certificate: its name with / as __, and .json.
std::string certificate_file_name(const std::string& strategy) {
    std::string name;
    for (const char c : strategy) name += c == '/' ? "__" : std::string(1, c);
    return name + ".json";
}

void show_progress(Options& options, Progress& progress, const std::string& strategy, double before) {
    options.on_progress = [&progress, strategy, before](double share, const std::string& note) {
        progress.update(before + share, strategy + (note.empty() ? "" : " " + note));
    };
}

/// The items of the list option if it is given, otherwise the single option.
std::vector<std::string> either(const CommandLine& line, const std::string& single, const std::string& list) {
    if (!line.given(list)) return {line.get(single)};
    return split(line.get(list), ',');
}

}  // namespace

int certify_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch) {
    CommandLine line(
        "certify", "proves lower bounds on the accuracy of given weights",
        {"maxcert certify --weights model.safetensors",
         "maxcert certify --weights model.safetensors --strategies 'cubic,*/convex/svd' --format csv",
         "maxcert certify --weights model.safetensors --strategies paper --certificates certificates"});
    line.text("weights", "FILE", "", "safetensors with TransformerLens names, or a dict saved by torch.save");
    line.text("strategies", "LIST", "all",
              "names, groups (paper, all) and globs, with commas; see maxcert strategies");
    add_certify_options(line);
    line.text("margins", "LIST", "", "instead of --margin: one result for each of these margins");
    line.text("weight-radius", "R", "0",
              "certify every model whose weights are within R (1e-6), or within R times their size (1e-4r)");
    line.text("weight-radii", "LIST", "", "instead of --weight-radius: one result for each of these");
    line.text("weights-format", "NAME", "float32", "round the weights to bf16 or fp16 first");
    line.text("format", "NAME", "table", "table, json or csv, on stdout");
    line.flag("all",
              "a table of every result; without --strategies it shows the best and the shortest proofs");
    line.text("certificates", "DIR", "", "write one certificate per strategy into this folder");
    add_threads_option(line, "1");
    add_progress_option(line);
    if (!line.parse(arguments)) return 0;

    const auto strategies = select_strategies(line.get("strategies"));
    Options options = certify_options(line);
    options.threads = thread_count(line);
    const std::string format = line.get("format");
    format_results({}, format);  // refuse a bad format before the work
    const ProgressStyle style = progress_style(line.get("progress"));
    const auto margins = either(line, "margin", "margins");
    const auto radii = either(line, "weight-radius", "weight-radii");
    if (line.given("certificates") && margins.size() * radii.size() > 1) {
        throw UsageError("--certificates holds one certificate per strategy, so one margin and one radius");
    }
    const WeightFormat weights_format = parse_weight_format(line.get("weights-format"));
    std::vector<WeightRadius> boxes;
    boxes.reserve(radii.size());
    for (const auto& radius : radii) boxes.push_back(parse_weight_radius(radius));
    std::vector<Margin> leads;
    leads.reserve(margins.size());
    for (const auto& margin : margins) leads.emplace_back(margin);
    if (line.given("certificates")) make_writable_folder(line.get("certificates"));  // before the work
    const Weights weights = load_weights(line.require("weights"), load_torch);

    std::vector<CertificateRecord> results;
    std::vector<std::pair<std::string, std::string>> files;
    {  // the progress line ends before the results begin
        Progress progress(style, "certify", static_cast<double>(strategies.size() * boxes.size()));
        double done = 0;
        for (const WeightRadius& box : boxes) {
            Model model = model_of(weights, box, weights_format);
            for (const Prover* strategy : strategies) {
                if (stop_requested()) break;
                const std::string& name = strategy->info().name;
                show_progress(options, progress, name, done);
                for (CertificateRecord& record : certify_margins(model, *strategy, leads, options)) {
                    files.emplace_back(certificate_file_name(name), to_json(record).dump(1) + "\n");
                    results.push_back(std::move(record));
                }
                progress.update(++done, name);
            }
        }
    }
    if (line.given("certificates")) {
        write_files_atomically(line.get("certificates"), files);
    }
    const bool brief = format == "table" && !line.given("strategies") && !line.flagged("all");
    const auto shown = brief ? worth_reading(results) : results;
    fmt::print("{}", format_results(shown, format));
    if (shown.size() < results.size()) {
        fmt::print(
            "{} of {} results: the best of each family, and those that no shorter proof equals.\n"
            "The others: --all, --strategies, or --format csv or json.\n",
            shown.size(), results.size());
    }
    return stop_exit_code();
}

}  // namespace maxcert
