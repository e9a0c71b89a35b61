// `maxcert failures`: the inputs that a model gets wrong, for people (a table) and for programs (CSV, JSON).
#include "certify/failures/failures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "certify/cli/commands.hpp"
#include "certify/proof/size_limit.hpp"
#include "data/base/errors.hpp"
#include "data/base/signals.hpp"

namespace maxcert {
namespace {

/// Up to this many sequences all are looked at: 64^5.
constexpr std::uint64_t kEvery = std::uint64_t{1} << 30;
constexpr std::size_t kExamples = 100;  ///< shown by default where there are more sequences than that

void sort_failures(std::vector<Failure>& failures, const std::string& by) {
    const auto tokens = [](const Failure& f) { return std::tie(f.maximum, f.tokens.back(), f.tokens); };
    std::sort(failures.begin(), failures.end(), [&](const Failure& a, const Failure& b) {
        if (by == "margin" && a.lead.upper != b.lead.upper) return a.lead.upper > b.lead.upper;
        return tokens(a) < tokens(b);
    });
}

Json row(const Failure& f, const char* status) {
    return {{"tokens", f.tokens},         {"maximum", f.maximum},       {"winner", f.lead.winner},
            {"lead_lower", f.lead.lower}, {"lead_upper", f.lead.upper}, {"status", status}};
}

std::string csv(const std::vector<Failure>& failures, const char* status) {
    std::string text = "tokens,maximum,winner,lead_lower,lead_upper,status\n";
    for (const Failure& f : failures) {
        text += fmt::format("{},{},{},{},{},{}\n", fmt::join(f.tokens, " "), f.maximum, f.lead.winner,
                            f.lead.lower, f.lead.upper, status);
    }
    return text;
}

std::string table(const std::vector<Failure>& failures, std::size_t n_ctx) {
    const int width = static_cast<int>(std::max<std::size_t>(6, 3 * n_ctx));
    std::string text =
        fmt::format("{:<{}}  {:>7}  {:>6}  {}\n", "tokens", width, "maximum", "winner", "wins by");
    for (const Failure& f : failures) {
        text += fmt::format("{:<{}}  {:>7}  {:>6}  [{:.6g}, {:.6g}]\n",
                            fmt::format("{}", fmt::join(f.tokens, " ")), width, f.maximum, f.lead.winner,
                            f.lead.lower, f.lead.upper);
    }
    return text;
}

}  // namespace

int failures_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch) {
    CommandLine line("failures",
                     "lists sequences that a model is proved to get wrong, with the token that wins",
                     {"maxcert failures --weights model.safetensors --limit 20",
                      "maxcert failures --weights model.safetensors --format csv > failures.csv",
                      "maxcert failures --weights model.safetensors --undecided"});
    line.text("weights", "FILE", "", "safetensors with TransformerLens names, or a dict saved by torch.save");
    line.text("limit", "N", "",
              fmt::format(
                  "at most so many sequences; default: all where there are at most {} sequences to look at, "
                  "else {} examples",
                  kEvery, kExamples));
    line.text("sort", "ORDER", "margin",
              "margin: those that win by most first; token: by maximum, query, tokens");
    line.flag("undecided", "list instead the sequences of which neither right nor wrong is proved");
    line.text("max-bits", "N", "4096", "precision at which a sequence is left undecided");
    line.text("time-limit", "SECONDS", "0", "list what is found by then; 0 for none");
    line.text("format", "NAME", "table", "table, csv or json, on stdout");
    add_threads_option(line, "1");
    if (!line.parse(arguments)) return 0;

    const std::string sort = line.get("sort"), format = line.get("format");
    if (sort != "margin" && sort != "token")
        throw UsageError("--sort takes margin or token, not '" + sort + "'");
    if (format != "table" && format != "csv" && format != "json") {
        throw UsageError("--format takes table, csv or json, not '" + format + "'");
    }
    CheckOptions options;
    options.threads = thread_count(line);
    options.max_bits = static_cast<long>(line.whole("max-bits", 53, 65536));
    options.time_limit_s = line.number("time-limit", 0, 1e9);
    Model model(load_weights(line.require("weights"), load_torch));
    const Shape& shape = model.shape();
    const std::string large = too_large("bracket", shape);  // whose tables the search reads
    if (!large.empty()) {
        throw InputError(line.get("weights"), "n_ctx, d_vocab", large, "look at a smaller model");
    }
    const Count total = power(shape.d_vocab, shape.n_ctx);

    FailureSearch search;
    search.every = total <= Count(static_cast<unsigned long>(kEvery));
    std::size_t limit = search.every ? SIZE_MAX : kExamples;
    if (line.given("limit")) limit = line.whole("limit", 0, 1000000000ul);
    search.examples = std::max<std::size_t>(1, limit / shape.d_vocab);
    FailureList found = find_failures(model, options, search);

    const bool undecided = line.flagged("undecided");
    std::vector<Failure>& shown = undecided ? found.undecided : found.wrong;
    const std::string all = fmt::format("{}{} of {} sequences are proved wrong, {} stay undecided",
                                        found.every ? "" : "at least ", found.wrong.size(), total.get_str(),
                                        found.undecided.size());
    sort_failures(shown, sort);
    if (shown.size() > limit) shown.resize(limit);
    const char* status = undecided ? "undecided" : "wrong";
    if (format == "json") {
        Json rows = Json::array();
        for (const Failure& f : shown) rows.push_back(row(f, status));
        fmt::print("{}\n", rows.dump(1));
    } else {
        fmt::print("{}", format == "csv" ? csv(shown, status) : table(shown, shape.n_ctx));
    }
    fmt::print(stderr, "{}; {} shown\n", all, shown.size());
    return stop_exit_code();
}

}  // namespace maxcert
