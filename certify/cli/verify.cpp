// `maxcert verify` and maxcert-verify: one certificate against its weights, or every certificate of a results
// folder.
#include "certify/cli/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "certify/proof/certificate.hpp"
#include "certify/proof/claim.hpp"
#include "certify/proof/claimed_weights.hpp"
#include "data/base/cancellation.hpp"
#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"
#include "data/base/parallel.hpp"
#include "data/base/progress.hpp"
#include "data/base/signals.hpp"
#include "data/cli/command_line.hpp"
#include "data/files/read_file.hpp"
#include "data/results/folder.hpp"
#include "data/weights/safetensors.hpp"

namespace maxcert {
namespace {

int verify_one(const CommandLine& line, const TorchLoader& load_torch) {
    const std::string path = line.require("certificate");
    const CertificateRecord record = parse_record(read_file(path, kMaxCertificateBytes), path);
    const Weights weights = load_weights(line.require("weights"), load_torch);
    const CheckResult found =
        verify_certificate(record, weights, thread_count(line), line.number("time-limit", 0, 1e9));
    if (line.get("format") == "json") {
        Json claim = to_json(record);
        claim.erase("hints");
        claim.erase("run");
        const Json accepted = {{"accepted", true},
                               {"statement", statement(record)},
                               {"claim", std::move(claim)},
                               {"established_correct", found.correct.get_str()},
                               {"established_upper", found.upper ? Json(found.upper->get_str()) : Json()}};
        fmt::print("{}\n", accepted.dump(2));
        return 0;
    }
    fmt::print("accepted: {} (Checked by {}, which establishes {}.)\n", statement(record), record.strategy,
               found.correct.get_str());
    return 0;
}

/// The certificates of a folder, seed by seed.
class FolderCheck {
  public:
    FolderCheck(const Results& results, Progress& progress, double time_limit_s)
        : results_(results), progress_(progress), time_limit_s_(time_limit_s) {}

    void seed(std::uint64_t seed) {
        const auto facts = results_.model(seed);
        const SeedCertificates there = results_.certificates(seed);
        if (!there.damage.empty()) fail(fmt::format("seed-{}", seed), there.damage);
        if (there.unreadable_lines > 0) {
            fail(fmt::format("seed-{}", seed),
                 fmt::format("{} lines are no certificates", there.unreadable_lines));
        }
        if (there.by_strategy.empty()) return;
        try {
            if (!facts)
                throw InputError(results_.seed_folder(seed) + "/model.json", "", "cannot be read", "");
            Model model(load_safetensors(results_.weights_file(seed)));
            if (claimed_weights(model).sha256 != text_at(*facts, "weights_sha256")) {
                throw CertificateRejected("weights.safetensors holds other weights than model.json says");
            }
            for (const auto& [strategy, entry] : there.by_strategy) {
                if (stop_requested()) return;
                certificate(seed, strategy, entry.line, model);
            }
        } catch (const Error& e) {
            fail(fmt::format("seed-{}", seed), e.what());
        }
    }

    std::size_t accepted() const { return accepted_; }
    const std::vector<std::pair<std::string, std::string>>& failures() const { return failures_; }

  private:
    void certificate(std::uint64_t seed, const std::string& strategy, const std::string& line, Model& model) {
        const std::string name = fmt::format("seed-{}: {}", seed, strategy);
        try {
            const CertificateRecord record = parse_record(line, results_.certificates_file(seed));
            const bool plain = record.weights_format == "float32" && record.radius() == "0";
            if (plain) {  // what strategies share of the model is computed once
                verify_certificate(record, model, 1, time_limit_s_);
            } else {
                verify_certificate(record, model.weights(), 1, time_limit_s_);
            }
            ++accepted_;
        } catch (const Error& e) {
            if (!stop_requested()) fail(name, e.what());
        }
    }

    void fail(const std::string& name, const std::string& reason) {
        progress_.line(fmt::format("rejected: {}: {}", name, reason));
        const std::lock_guard<std::mutex> lock(mutex_);
        failures_.emplace_back(name, reason);
    }

    const Results& results_;
    Progress& progress_;
    double time_limit_s_;
    std::atomic<std::size_t> accepted_{0};
    std::mutex mutex_;
    std::vector<std::pair<std::string, std::string>> failures_;
};

int verify_folder(const CommandLine& line) {
    const Results results = Results::existing(line.require("results"));
    const std::vector<std::uint64_t> seeds = results.seeds();
    const ProgressStyle style = progress_style(line.get("progress"));
    std::vector<std::pair<std::string, std::string>> failures;
    std::size_t accepted = 0;
    {
        Progress progress(style, "verify", static_cast<double>(seeds.size()));
        FolderCheck check(results, progress, line.number("time-limit", 0, 1e9));
        parallel_for(seeds.size(), thread_count(line), [&](std::size_t i) {
            if (stop_requested()) return;
            check.seed(seeds[i]);
            progress.add(1, fmt::format("seed {}", seeds[i]));
        });
        failures = check.failures();
        accepted = check.accepted();
    }
    std::sort(failures.begin(), failures.end());
    if (line.get("format") == "json") {
        Json rejected = Json::array();
        for (const auto& [name, reason] : failures)
            rejected.push_back({{"certificate", name}, {"reason", reason}});
        fmt::print("{}\n", Json({{"accepted", accepted}, {"rejected", rejected}}).dump(2));
    } else {
        for (const auto& [name, reason] : failures) fmt::print("rejected: {}: {}\n", name, reason);
        fmt::print("{}: {} certificates of {} models accepted, {} rejected\n", results.folder(), accepted,
                   seeds.size(), failures.size());
    }
    if (stop_exit_code() != 0) return stop_exit_code();
    return failures.empty() ? 0 : static_cast<int>(ExitCode::rejected);
}

}  // namespace

int verify_command(const std::vector<std::string>& arguments, const TorchLoader& load_torch,
                   const std::string& program) {
    CommandLine line("verify", "rechecks certificates with the check code alone: no search, nothing trusted",
                     {program + " --certificate certificates/cubic.json --weights model.safetensors",
                      program + " --results results/max-of-4 --threads all"});
    line.text("certificate", "FILE", "", "a certificate written by certify --certificates");
    line.text("weights", "FILE", "", "the weights that it speaks about");
    line.text("results", "DIR", "",
              "instead: every certificate of a folder written by run; says which fail, if any");
    line.text("format", "NAME", "table", "table (words) or json");
    add_threads_option(line, "1");
    line.text("time-limit", "SECONDS", "0",
              "reject what is not established by then, of each certificate; 0 for none");
    add_progress_option(line);
    if (!line.parse(arguments)) return 0;
    const std::string format = line.get("format");
    if (format != "table" && format != "json")
        throw UsageError("--format takes table or json, not '" + format + "'");
    if (!line.given("results")) return verify_one(line, load_torch);
    if (line.given("certificate") || line.given("weights")) {
        throw UsageError("--results takes the folder's own weights and certificates: give it alone");
    }
    return verify_folder(line);
}

}  // namespace maxcert
