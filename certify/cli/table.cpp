// What people and programs read of results. A bound is printed rounded down, so that no table says more than
// was proved.
#include "certify/cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/base/csv.hpp"
#include "data/base/errors.hpp"

namespace maxcert {
namespace {

std::string bound_text(const CertificateRecord& r) {
    if (r.skipped) return "skipped";
    std::string text = fmt::format("{:.6f}", std::max(0.0, r.bound() - 0.5e-6));
    return r.exact ? text + " exact" : text;
}

/// What a record is of besides its strategy, where records differ in it.
std::string question(const CertificateRecord& r) {
    std::string text;
    if (r.margin != "0") text += " by " + r.margin;
    if (r.radius() != "0") text += " within " + r.radius();
    return text;
}

std::string table(const std::vector<CertificateRecord>& records) {
    std::size_t widest = 8;
    for (const auto& r : records) widest = std::max(widest, r.strategy.size() + question(r).size());
    std::string text = fmt::format("{:<{}}  {:<14}  {:>26} / {:<26}  {:>14}  {:>9}\n", "strategy", widest,
                                   "accuracy >=", "proved right", "total", "proof flops", "seconds");
    for (const auto& r : records) {
        text += fmt::format("{:<{}}  {:<14}  {:>26} / {:<26}  {:>14}  {:>9.3f}\n", r.strategy + question(r),
                            widest, bound_text(r), r.correct.get_str(), r.total.get_str(),
                            r.proof_flops ? std::to_string(*r.proof_flops) : "-", r.run.value("wall_s", 0.0));
        if (r.skipped) text += fmt::format("{:<{}}  {}\n", "", widest, text_at(r.run, "reason"));
        if (r.upper && !r.exact) {
            text += fmt::format("{:<{}}  at most {} right{}\n", "", widest, r.upper->get_str(),
                                r.complete() ? "" : "; ended early by a limit");
        }
    }
    return text;
}

}  // namespace

std::string format_results(const std::vector<CertificateRecord>& records, const std::string& format) {
    if (format == "table") return table(records);
    Json all = Json::array();
    for (const auto& r : records) all.push_back(format == "csv" ? flat_row(r) : shown(r));
    if (format == "json") return all.dump(2) + "\n";
    if (format == "csv") return csv_of(all);
    throw UsageError("--format takes table, json or csv, not '" + format + "'");
}

}  // namespace maxcert
