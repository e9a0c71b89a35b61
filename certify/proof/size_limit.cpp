// A weights file or certificate of a few hundred kilobytes can name a shape (4096 tokens, 4096 positions)
// whose tables would fill a cluster. The estimates count what grows with the shape alone, in bytes of the
// largest number type that doubles run on; they are meant to be right within a factor of two. MPFR tables,
// made only of what doubles leave open or on request, take up to ten times as much.
#include "certify/proof/size_limit.hpp"

#include <fmt/format.h>

namespace maxcert {
namespace {

constexpr double kInterval = 16;  // bytes
constexpr double kFloat = 4;

/// [d_vocab, d_vocab] and [d_vocab, n_ctx] tables of the paths, which every strategy makes.
double path_bytes(const Shape& s) {
    const double V = s.d_vocab, K = s.n_ctx;
    return kInterval * (6 * V * V + 3 * V * K + 4 * V * s.d_model);
}

/// Rows of terms by position and token, at both ends, and columns of them.
double query_table_bytes(const Shape& s) {
    const double V = s.d_vocab, K = s.n_ctx;
    return 2 * (kFloat + sizeof(double)) * K * V * V;
}

double table_bytes(const std::string& family, const Shape& s) {
    const double V = s.d_vocab, K = s.n_ctx, digits = K * 1.5;  // bytes of a number of sequences, at most
    const double pairs = V * (V + 1) / 2;
    if (family == "brute_force") return path_bytes(s) + query_table_bytes(s);
    if (family == "cubic") return path_bytes(s) + 4 * V * V * K + V * 64;
    if (family == "window") {
        const double counts = (K * K + V * K) * (16 + digits);
        return path_bytes(s) + kInterval * 2 * V * V * K + pairs * (64 + digits) + counts;
    }
    if (family == "subcubic" || family == "convex" || family == "centred") {
        return path_bytes(s) + pairs * K * (sizeof(unsigned) + 2) + 8 * V * K + kInterval * 4 * V * K;
    }
    // Brackets: groups with their counts, and all outputs of one group by position and token.
    return path_bytes(s) + query_table_bytes(s) + pairs * (400 + 4 * digits) + 16 * K * V * V;
}

}  // namespace

std::string too_large(const std::string& family, const Shape& shape) {
    const double bytes = table_bytes(family, shape);
    if (bytes <= kMaxTableBytes) return "";
    return fmt::format(
        "the tables for n_ctx {} and d_vocab {} would take about {:.0f} GB, more than the {:.0f} GB allowed",
        shape.n_ctx, shape.d_vocab, bytes / 0x1p30, kMaxTableBytes / 0x1p30);
}

}  // namespace maxcert
