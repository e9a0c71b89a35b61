// What people and programs read of results. A lower end is printed rounded down and an upper end rounded up,
// so that no table says more than was proved.
#include "certify/cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"
#include "data/base/text.hpp"
#include "data/files/csv.hpp"

namespace maxcert {
namespace {

constexpr std::size_t kWidth = 100;  ///< of a table, in characters

/// numerator / denominator with six digits, rounded down or up.
std::string share(const Count& numerator, const Count& denominator, bool up) {
    const Count scaled = numerator * 1000000;
    Count millionths;
    (up ? mpz_cdiv_q : mpz_fdiv_q)(millionths.get_mpz_t(), scaled.get_mpz_t(), denominator.get_mpz_t());
    return fmt::format("{:.6f}", static_cast<double>(millionths.get_ui()) / 1e6);
}

/// What a record is of besides its strategy, where records differ in it.
std::string question(const CertificateRecord& r) {
    std::string text;
    if (r.margin != "0") text += " by " + r.margin;
    if (r.radius() != "0") text += " within " + r.radius();
    return text;
}

std::uint64_t operations(const CertificateRecord& r) {
    return r.proof_flops.value_or(std::numeric_limits<std::uint64_t>::max());
}

/// The text in lines of at most `width` characters, broken after a slash or a blank; the later ones indented.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent) {
    std::string lines;
    std::size_t begin = 0;
    while (text.size() - begin > width) {
        const std::size_t cut = text.find_last_of("/ ", begin + width - 1);
        if (cut == std::string::npos || cut < begin) break;
        lines += text.substr(begin, cut + 1 - begin) + "\n" + std::string(indent, ' ');
        begin = cut + 1;
    }
    return lines + text.substr(begin) + "\n";
}

std::string row(const CertificateRecord& r, bool counted) {
    std::string text = fmt::format("{:>8}  {:>8}  ", r.skipped ? "skipped" : share(r.correct, r.total, false),
                                   r.exact                 ? "exact"
                                   : r.upper && !r.skipped ? share(*r.upper, r.total, true)
                                                           : "");
    if (counted) text += fmt::format("{:>10}  ", r.skipped ? "" : r.correct.get_str());
    text += fmt::format("{:>9}  {:>8.3f}  ",
                        r.proof_flops ? fmt::format("{:.3e}", static_cast<double>(*r.proof_flops)) : "-",
                        r.run.value("wall_s", 0.0));
    const std::size_t indent = text.size();
    std::string name = r.strategy + question(r);
    if (r.skipped) name += ": " + text_at(r.run, "reason");
    if (!r.complete()) name += ", ended early by a limit";
    return text + wrapped(name, kWidth - indent, indent);
}

std::string table(const std::vector<CertificateRecord>& records) {
    if (records.empty()) return {};
    const Count& total = records.front().total;
    const bool counted = total.get_str().size() <= 10;
    std::string text = fmt::format("proved shares of the {} sequences\n{:>8}  {:>8}  ", total.get_str(),
                                   "at least", "at most");
    if (counted) text += fmt::format("{:>10}  ", "right");
    text += fmt::format("{:>9}  {:>8}  {}\n", "flops", "seconds", "strategy");
    for (const auto& r : records) text += row(r, counted);
    return text;
}

}  // namespace

std::vector<CertificateRecord> worth_reading(const std::vector<CertificateRecord>& records) {
    std::map<std::string, std::vector<std::size_t>> by_question;
    for (std::size_t i = 0; i < records.size(); ++i) by_question[question(records[i])].push_back(i);
    std::set<std::size_t> chosen;
    for (auto& [asked, group] : by_question) {
        std::stable_sort(group.begin(), group.end(), [&](std::size_t a, std::size_t b) {
            const std::uint64_t ours = operations(records[a]), theirs = operations(records[b]);
            return ours != theirs ? ours < theirs : records[a].correct > records[b].correct;
        });
        std::map<std::string, std::size_t> best;  // of a family; of equals the shortest
        Count most = -1;
        for (const std::size_t i : group) {
            const CertificateRecord& r = records[i];
            const auto [entry, first] = best.try_emplace(r.family, i);
            const CertificateRecord& other = records[entry->second];
            if (!first && (r.correct > other.correct || (r.exact && !other.exact))) entry->second = i;
            if (r.skipped || !r.proof_flops || r.correct <= most) continue;
            most = r.correct;
            chosen.insert(i);
        }
        for (const auto& [family, i] : best) chosen.insert(i);
    }
    std::vector<CertificateRecord> found;
    for (auto& [asked, group] : by_question) {
        for (const std::size_t i : group) {
            if (chosen.count(i) != 0) found.push_back(records[i]);
        }
    }
    return found;
}

std::string format_results(const std::vector<CertificateRecord>& records, const std::string& format) {
    if (format == "table") return table(records);
    Json all = Json::array();
    for (const auto& r : records) all.push_back(format == "csv" ? flat_row(r) : shown(r));
    if (format == "json") return all.dump(2) + "\n";
    if (format == "csv") return csv_of(all);
    throw UsageError("--format takes table, json or csv, not '" + format + "'");
}

}  // namespace maxcert
