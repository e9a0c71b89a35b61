#include "certify/cli/commands.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/version.hpp>
#include <cstdio>

#include "certify/cli/table.hpp"
#include "certify/proof/certificate.hpp"
#include "certify/proof/claim.hpp"
#include "data/base/digest.hpp"
#include "data/base/errors.hpp"
#include "data/base/files.hpp"
#include "data/base/progress.hpp"
#include "data/base/text.hpp"
#include "data/results/results.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {
namespace {

// torch.save writes zip archives; safetensors begin with a length and '{'.
bool is_torch_file(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return false;  // load_safetensors says what is wrong
    char magic[2] = {};
    const bool zip = std::fread(magic, 1, 2, file) == 2 && magic[0] == 'P' && magic[1] == 'K';
    std::fclose(file);
    return zip;
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

Weights load_weights(const std::string& path, const TorchLoader& load_torch) {
    return is_torch_file(path) ? load_torch(path) : load_safetensors(path);
}

void add_certify_options(CommandLine& line) {
    line.text(
        "arithmetic", "NAME", "filtered",
        "filtered: double intervals, MPFR where they leave it open; mpfr: MPFR everywhere (but brackets add "
        "the MPFR terms up in outward-rounded doubles)");
    line.text("max-bits", "N", "4096",
              "precision at which escalation gives up (what is open then is not proved)");
    line.text("margin", "D", "0", "certify that the right logit wins by more than D (a decimal number)");
    line.text("semantics", "NAME", "real",
              "real: a claim about exact arithmetic; float32: about every float32 evaluation of the model");
    line.text("exp-ulp", "N", "4", "float32: the program's exp is within this many units in the last place");
    line.text("max-enumeration", "N", "68719476736", "brute_force is skipped above this many sequences");
    line.text("node-budget", "N", "0",
              "multiset, convolution: work to spend, in nodes or operations; 0 for the default");
    line.text("mass-threshold", "X", "", "multiset: leave nodes below this share of all sequences unproved");
    line.text("time-limit", "SECONDS", "0", "per strategy; what is proved by then stands; 0 for none");
}

Options certify_options(const CommandLine& line) {
    Options options;
    const std::string arithmetic = line.get("arithmetic");
    if (arithmetic != "filtered" && arithmetic != "mpfr") {
        throw UsageError("--arithmetic takes filtered or mpfr, not '" + arithmetic + "'");
    }
    options.arithmetic = arithmetic == "mpfr" ? Arithmetic::mpfr : Arithmetic::filtered;
    options.max_bits = static_cast<long>(line.whole("max-bits", 53, 65536));
    options.margin = Margin(line.get("margin"));
    options.semantics = parse_semantics(line.get("semantics"));
    options.exp_ulp = static_cast<unsigned>(line.whole("exp-ulp", 0, kMaxExpUlp));
    options.max_enumeration = Count(line.whole("max-enumeration", 0, 1000000000000000000ul));
    options.node_budget = line.whole("node-budget", 0, 1000000000000ul);
    if (line.given("mass-threshold")) options.mass_threshold = line.number("mass-threshold", 0, 1);
    options.time_limit_s = line.number("time-limit", 0, 1e9);
    return options;
}

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

    std::vector<Json> results;
    std::vector<std::pair<std::string, std::string>> files;
    {  // the progress line ends before the results begin
        Progress progress(style, "certify", static_cast<double>(strategies.size() * boxes.size()));
        double done = 0;
        for (const WeightRadius& box : boxes) {
            Model model(weights, box, weights_format);
            for (const Strategy* strategy : strategies) {
                if (stop_requested()) break;
                const std::string& name = strategy->info().name;
                show_progress(options, progress, name, done);
                for (Json& certificate : certify_margins(model, *strategy, leads, options)) {
                    files.emplace_back(certificate_file_name(name), certificate.dump(1) + "\n");
                    results.push_back(std::move(certificate));
                }
                progress.update(++done, name);
            }
        }
    }
    if (line.given("certificates")) {
        write_files_atomically(line.get("certificates"), files);
    }
    fmt::print("{}", format_results(results, format));
    return stop_exit_code();
}

int verify_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch) {
    CommandLine line("verify", "rechecks a certificate with the check code alone: no search, nothing trusted",
                     {"maxcert verify --certificate certificates/cubic.json --weights model.safetensors"});
    line.text("certificate", "FILE", "", "a certificate written by certify or run");
    line.text("weights", "FILE", "", "the weights that it speaks about");
    add_threads_option(line, "1");
    line.text("time-limit", "SECONDS", "0", "reject what is not established by then; 0 for none");
    if (!line.parse(arguments)) return 0;

    const std::string path = line.require("certificate");
    const Json certificate = parse_certificate(read_file(path, kMaxCertificateBytes), path);
    const Weights weights = load_weights(line.require("weights"), load_torch);
    const CheckResult found =
        verify_certificate(certificate, weights, thread_count(line), line.number("time-limit", 0, 1e9));
    fmt::print("accepted: {} proves that at least {} of {} sequences are right",
               certificate["strategy"].get<std::string>(), certificate["correct"].get<std::string>(),
               certificate["total"].get<std::string>());
    if (certificate["margin"] != "0")
        fmt::print(" by a margin above {}", certificate["margin"].get<std::string>());
    fmt::print("; the check establishes {}\n", found.correct.get_str());
    return 0;
}

std::vector<std::pair<std::string, std::string>> certify_library_versions() {
    return {{"mpfr", mpfr_get_version()},
            {"gmp", gmp_version},
            {"json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                 NLOHMANN_JSON_VERSION_PATCH)},
            {"boost", BOOST_LIB_VERSION},
            {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
            {"libcrypto", libcrypto_version()},
            {"compiler", __VERSION__}};
}

int strategies_command(const std::vector<std::string>& arguments) {
    CommandLine line("strategies", "lists every proof strategy",
                     {"maxcert strategies", "maxcert strategies --format csv"});
    line.text("format", "NAME", "table", "table, json or csv");
    if (!line.parse(arguments)) return 0;
    Json all = Json::array();
    for (const auto& strategy : all_strategies()) {
        const StrategyInfo& info = strategy->info();
        all.push_back({{"strategy", info.name},
                       {"family", info.family},
                       {"group", info.group},
                       {"complexity", info.complexity},
                       {"paper", info.in_paper},
                       {"summary", info.summary}});
    }
    const std::string format = line.get("format");
    if (format == "json") {
        fmt::print("{}\n", all.dump(2));
    } else if (format == "csv") {
        fmt::print("{}", csv_of(all));
    } else if (format == "table") {
        std::size_t name = 0, group = 0, complexity = 0;
        for (const auto& row : all) {
            name = std::max(name, row["strategy"].get_ref<const std::string&>().size());
            group = std::max(group, row["group"].get_ref<const std::string&>().size());
            complexity = std::max(complexity, row["complexity"].get_ref<const std::string&>().size());
        }
        for (const auto& row : all) {
            fmt::print("{:<{}}  {:<5}  {:<{}}  {:<{}}  {}\n", row["strategy"].get<std::string>(), name,
                       row["paper"].get<bool>() ? "paper" : "new", row["group"].get<std::string>(), group,
                       row["complexity"].get<std::string>(), complexity, row["summary"].get<std::string>());
        }
    } else {
        throw UsageError("--format takes table, json or csv, not '" + format + "'");
    }
    return 0;
}

}  // namespace maxcert
