// Reading is strict, and every field is named in one place for reading and in one for writing: what is not
// read is not written, and a file that says more than this program knows is refused rather than half
// understood.
#include "data/results/record.hpp"

#include <algorithm>
#include <vector>

#include "data/base/count_conversions.hpp"
#include "data/base/errors.hpp"
#include "data/base/json_text.hpp"
#include "data/base/ratio.hpp"

namespace maxcert {
namespace {

constexpr const char* kRemedy = "write the certificate again with maxcert certify --certificates";

/// The fields of an object, each read once; those that were not read are refused in the end.
class Fields {
  public:
    Fields(const Json& object, const std::string& file) : object_(object), file_(file) {}

    [[noreturn]] void refuse(const char* name, const std::string& reason) const {
        throw InputError(file_, name, reason, kRemedy);
    }
    const Json& any(const char* name) {
        const auto found = object_.find(name);
        if (found == object_.end()) refuse(name, "missing");
        read_.emplace_back(name);
        return *found;
    }
    std::string text(const char* name) {
        const Json& value = any(name);
        if (!value.is_string()) refuse(name, "not a text");
        return value.get<std::string>();
    }
    bool flag(const char* name) {
        const Json& value = any(name);
        if (!value.is_boolean()) refuse(name, "neither true nor false");
        return value.get<bool>();
    }
    std::uint64_t whole(const char* name, std::uint64_t least, std::uint64_t most) {
        const Json& value = any(name);
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
            value.get<std::uint64_t>() > most) {
            refuse(name, "not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        }
        return value.get<std::uint64_t>();
    }
    Count count(const char* name) {
        try {
            return count_from_string(text(name));
        } catch (const std::invalid_argument& e) {
            refuse(name, e.what());
        }
    }
    const Json& object(const char* name) {
        const Json& value = any(name);
        if (!value.is_object()) refuse(name, "not an object");
        return value;
    }
    /// Null, or whatever `read` makes of it.
    template <class Read>
    auto nullable(const char* name, Read&& read) -> std::optional<decltype(read())> {
        if (any(name).is_null()) return std::nullopt;
        return read();
    }
    void expect_no_more() const {
        for (const auto& [key, value] : object_.items()) {
            if (std::find(read_.begin(), read_.end(), key) == read_.end()) {
                refuse(key.substr(0, 40).c_str(), "no field of a certificate");
            }
        }
    }

  private:
    const Json& object_;
    const std::string& file_;
    std::vector<std::string> read_;
};

constexpr std::uint64_t kAnyNumber = ~std::uint64_t{0};

Float32Claim float32_claim(const Json& object, const std::string& file) {
    Fields fields(object, file);
    Float32Claim claim;
    claim.exp_ulp = static_cast<unsigned>(fields.whole("exp_ulp", 0, 1u << 31));
    claim.logit_error = fields.nullable("logit_error", [&] {
        const Json& value = fields.any("logit_error");
        if (!value.is_number()) fields.refuse("logit_error", "not a number");
        return value.get<double>();
    });
    claim.softmax_needs_maximum = fields.flag("softmax_needs_maximum");
    fields.expect_no_more();
    return claim;
}

CertificateRecord record_from(const Json& object, const std::string& file, bool with_hints) {
    Fields fields(object, file);
    CertificateRecord r;
    if (fields.text("schema") != kCertificateSchema) {
        fields.refuse("schema", std::string("this program reads ") + kCertificateSchema);
    }
    r.strategy = fields.text("strategy");
    r.family = fields.text("family");
    r.group = fields.text("group");
    r.in_paper = fields.flag("in_paper");
    const std::string status = fields.text("status");
    if (status != "done" && status != "skipped") fields.refuse("status", "neither done nor skipped");
    r.skipped = status == "skipped";
    r.correct = fields.count("correct");
    r.total = fields.count("total");
    if (r.total == 0) fields.refuse("total", "there is at least one sequence");
    r.upper = fields.nullable("upper", [&] { return fields.count("upper"); });
    r.exact = fields.flag("exact");
    r.margin = fields.text("margin");
    r.semantics = fields.text("semantics");
    r.float32 = fields.nullable("float32", [&] { return float32_claim(fields.object("float32"), file); });
    r.weights_format = fields.text("weights_format");
    r.rounded_sha256 = fields.nullable("rounded_sha256", [&] { return fields.text("rounded_sha256"); });
    Fields radius(fields.object("weight_radius"), file);
    r.radius_absolute = radius.text("absolute");
    r.radius_relative = radius.text("relative");
    radius.expect_no_more();
    r.weights_sha256 = fields.text("weights_sha256");
    const auto dimension = [&fields](const char* name) {
        return static_cast<std::uint32_t>(fields.whole(name, 1, kMaxDimension));
    };
    r.shape = {dimension("n_ctx"), dimension("d_vocab"), dimension("d_model"), dimension("d_head")};
    r.arithmetic = fields.text("arithmetic");
    if (r.arithmetic != "filtered" && r.arithmetic != "mpfr") fields.refuse("arithmetic", "unknown");
    r.max_bits = static_cast<long>(fields.whole("max_bits", 53, 65536));
    r.proof_flops =
        fields.nullable("proof_flops", [&] { return fields.whole("proof_flops", 0, kAnyNumber); });
    r.unexplained_dimension = fields.nullable(
        "unexplained_dimension", [&] { return fields.whole("unexplained_dimension", 0, kAnyNumber); });
    r.run = fields.object("run");
    if (with_hints) r.hints = fields.object("hints");
    fields.expect_no_more();
    return r;
}

template <class T>
Json nullable(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json at(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? Json(nullptr) : *found;
}

/// `at`, without what no cell of a table holds.
Json plain_at(const Json& object, const char* key) {
    const Json value = at(object, key);
    return value.is_primitive() ? value : Json(nullptr);
}

}  // namespace

double CertificateRecord::bound() const {
    return correct > total ? 0 : ratio_rounded_down(correct, total);
}

bool CertificateRecord::complete() const {
    return at(run, "complete") == true;
}

std::string CertificateRecord::radius() const {
    if (radius_relative == "0") return radius_absolute;
    return radius_absolute == "0" ? radius_relative + "r" : radius_absolute + "+" + radius_relative + "r";
}

Json to_json(const CertificateRecord& r) {
    Json float32 = nullptr;
    if (r.float32) {
        float32 = {{"exp_ulp", r.float32->exp_ulp},
                   {"logit_error", nullable(r.float32->logit_error)},
                   {"softmax_needs_maximum", r.float32->softmax_needs_maximum}};
    }
    return {{"schema", kCertificateSchema},
            {"strategy", r.strategy},
            {"family", r.family},
            {"group", r.group},
            {"in_paper", r.in_paper},
            {"status", r.skipped ? "skipped" : "done"},
            {"correct", r.correct.get_str()},
            {"total", r.total.get_str()},
            {"upper", r.upper ? Json(r.upper->get_str()) : Json(nullptr)},
            {"exact", r.exact},
            {"margin", r.margin},
            {"semantics", r.semantics},
            {"float32", float32},
            {"weights_format", r.weights_format},
            {"rounded_sha256", nullable(r.rounded_sha256)},
            {"weight_radius", {{"absolute", r.radius_absolute}, {"relative", r.radius_relative}}},
            {"weights_sha256", r.weights_sha256},
            {"n_ctx", r.shape.n_ctx},
            {"d_vocab", r.shape.d_vocab},
            {"d_model", r.shape.d_model},
            {"d_head", r.shape.d_head},
            {"arithmetic", r.arithmetic},
            {"max_bits", r.max_bits},
            {"proof_flops", nullable(r.proof_flops)},
            {"unexplained_dimension", nullable(r.unexplained_dimension)},
            {"run", r.run},
            {"hints", r.hints}};
}

CertificateRecord parse_record(const std::string& bytes, const std::string& file) {
    if (bytes.size() > kMaxCertificateBytes)
        throw InputError(file, "", "larger than any certificate", kRemedy);
    return record_from(parse_json_object(bytes, file, kRemedy), file, true);
}

CertificateRecord parse_record_without_hints(const std::string& line, const std::string& file) {
    // In JSON a quote within a text is escaped: these bytes are a key wherever they stand. Should they be the
    // key of an inner object, what is before them is no JSON, and the whole line is read.
    const std::size_t hints = line.find(",\"hints\":{");
    if (hints != std::string::npos && line.size() <= kMaxCertificateBytes) {
        try {
            return record_from(parse_json_object(line.substr(0, hints) + "}", file, kRemedy), file, false);
        } catch (const InputError&) {
        }
    }
    CertificateRecord record = parse_record(line, file);
    record.hints = Json::object();
    return record;
}

Json shown(const CertificateRecord& r) {
    Json all = to_json(r);
    all.erase("hints");
    all["bound"] = r.bound();
    all["complete"] = r.complete();
    for (const char* key : {"reason", "bits_used", "figures", "limits", "program", "wall_s"}) {
        if (r.run.contains(key)) all[key] = r.run[key];
    }
    return all;
}

Json flat_row(const CertificateRecord& r) {
    return {{"strategy", r.strategy},
            {"family", r.family},
            {"group", r.group},
            {"in_paper", r.in_paper},
            {"status", r.skipped ? "skipped" : "done"},
            {"reason", plain_at(r.run, "reason")},
            {"correct", r.correct.get_str()},
            {"total", r.total.get_str()},
            {"upper", r.upper ? Json(r.upper->get_str()) : Json(nullptr)},
            {"bound", r.bound()},
            {"exact", r.exact},
            {"complete", r.complete()},
            {"margin", r.margin},
            {"semantics", r.semantics},
            {"logit_error", r.float32 ? nullable(r.float32->logit_error) : Json(nullptr)},
            {"weights_format", r.weights_format},
            {"weight_radius", r.radius()},
            {"weights_sha256", r.weights_sha256},
            {"n_ctx", r.shape.n_ctx},
            {"d_vocab", r.shape.d_vocab},
            {"d_model", r.shape.d_model},
            {"d_head", r.shape.d_head},
            {"arithmetic", r.arithmetic},
            {"max_bits", r.max_bits},
            {"bits_used", plain_at(r.run, "bits_used")},
            {"proof_flops", nullable(r.proof_flops)},
            {"unexplained_dimension", nullable(r.unexplained_dimension)},
            {"program", r.program()},
            {"wall_s", plain_at(r.run, "wall_s")}};
}

}  // namespace maxcert
