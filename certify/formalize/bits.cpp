// Patterns are copied bit for bit and written in hexadecimal: no decimal ever stands between the file and the
// theorem.
#include "certify/formalize/bits.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <iterator>
#include <vector>

namespace maxcert {
namespace {

std::uint32_t pattern(float value) {
    std::uint32_t bits = 0;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

void append_matrix(std::string& text, const std::vector<float>& matrix, std::uint32_t columns) {
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        const char* before = i == 0 ? "[[" : i % columns == 0 ? "];\n    [" : "; ";
        fmt::format_to(std::back_inserter(text), "{}0x{:08x}", before, pattern(matrix[i]));
    }
    text += "]]%uint63";
}

}  // namespace

std::string coq_bits(const Weights& w, const std::string& heading) {
    std::string text = fmt::format(
        "(* {} *)\nFrom Coq Require Import PrimInt63 List.\nImport ListNotations.\nFrom Maxcert Require "
        "Import "
        "Weights.\n\nDefinition bits : weights := {{|\n",
        heading);
    const struct {
        const char* field;
        const std::vector<float>& matrix;
        std::uint32_t columns;
    } matrices[] = {{"wE", w.W_E, w.shape.d_model}, {"wP", w.W_pos, w.shape.d_model},
                    {"wQ", w.W_Q, w.shape.d_head},  {"wK", w.W_K, w.shape.d_head},
                    {"wV", w.W_V, w.shape.d_head},  {"wO", w.W_O, w.shape.d_model},
                    {"wU", w.W_U, w.shape.d_vocab}};
    const char* before = "";
    for (const auto& [field, matrix, columns] : matrices) {
        text += fmt::format("{}  {} := patterns ", before, field);
        append_matrix(text, matrix, columns);
        before = ";\n";
    }
    return text + "\n|}.\n";
}

}  // namespace maxcert
