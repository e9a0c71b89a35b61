#include "certify/cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/base/errors.hpp"
#include "data/results/results.hpp"

namespace maxcert {
namespace {

std::string bound_text(const Json& c) {
    if (c["status"] == "skipped") return "skipped";
    std::string text = fmt::format("{:.6f}", std::max(0.0, c["bound"].get<double>() - 0.5e-6));
    if (c["exact"].get<bool>()) text += " exact";
    return text;
}

std::string table(const std::vector<Json>& certificates) {
    std::size_t widest = 8;
    for (const auto& c : certificates) widest = std::max(widest, c["strategy"].get<std::string>().size());
    std::string text = fmt::format("{:<{}}  {:<14}  {:>26} / {:<26}  {:>14}  {:>9}\n", "strategy", widest,
                                   "accuracy >=", "proved right", "total", "proof flops", "seconds");
    for (const auto& c : certificates) {
        const Json& flops = c["proof_flops"];
        text += fmt::format("{:<{}}  {:<14}  {:>26} / {:<26}  {:>14}  {:>9.3f}\n",
                            c["strategy"].get<std::string>(), widest, bound_text(c),
                            c["correct"].get<std::string>(), c["total"].get<std::string>(),
                            flops.is_null() ? "-" : flops.dump(), c["run"]["wall_s"].get<double>());
        if (c["status"] == "skipped")
            text += fmt::format("{:<{}}  {}\n", "", widest, c["reason"].get<std::string>());
        if (!c["upper"].is_null() && !c["exact"].get<bool>()) {
            text += fmt::format("{:<{}}  at most {} right{}\n", "", widest, c["upper"].get<std::string>(),
                                c["complete"].get<bool>() ? "" : "; ended early by a limit");
        }
    }
    return text;
}

}  // namespace

Json shown(const Json& certificate) {
    Json result = certificate;
    result.erase("hints");
    result["wall_s"] = certificate["run"]["wall_s"];
    return result;
}

std::string format_results(const std::vector<Json>& certificates, const std::string& format) {
    if (format == "table") return table(certificates);
    Json all = Json::array();
    for (const auto& c : certificates) all.push_back(shown(c));
    if (format == "json") return all.dump(2) + "\n";
    if (format == "csv") return csv_of(all);
    throw UsageError("--format takes table, json or csv, not '" + format + "'");
}

}  // namespace maxcert
