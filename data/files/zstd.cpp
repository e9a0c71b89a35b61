// A window of 16 MiB: what the certificates of one model have in common, such as directions, is stored once.
// Content is taken as it comes, so that no file makes the program ask for much memory by announcing it.
#include "data/files/zstd.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <memory>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

constexpr int kLevel = 5, kWindowLog = 24;
constexpr unsigned long long kTrustedSize = 16u << 20;  // reserved where a file announces no more

}  // namespace

std::string zstd_compress(const std::string& bytes) {
    const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
    if (!context) throw Error("zstd: no memory");
    for (const auto& [parameter, value] :
         {std::pair{ZSTD_c_compressionLevel, kLevel}, std::pair{ZSTD_c_windowLog, kWindowLog},
          std::pair{ZSTD_c_enableLongDistanceMatching, 1}, std::pair{ZSTD_c_checksumFlag, 1}}) {
        ZSTD_CCtx_setParameter(context.get(), parameter, value);
    }
    std::string frame(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t size =
        ZSTD_compress2(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size)) throw Error(fmt::format("zstd: {}", ZSTD_getErrorName(size)));
    frame.resize(size);
    return frame;
}

std::string zstd_decompress(const std::string& bytes, std::uint64_t max_bytes, const std::string& file) {
    const auto refuse = [&file](const std::string& reason) {
        throw InputError(file, "", reason, "run again: what cannot be read is made again");
    };
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    if (!context) throw Error("zstd: no memory");
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLog);
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::string content;
    const unsigned long long announced = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (announced <= kTrustedSize) content.reserve(announced);
    std::string block(ZSTD_DStreamOutSize(), '\0');
    std::size_t left = 1;  // 0 once a frame is whole
    while (left != 0) {
        ZSTD_outBuffer out{block.data(), block.size(), 0};
        const std::size_t before = in.pos;
        left = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(left)) refuse(fmt::format("damaged: {}", ZSTD_getErrorName(left)));
        if (left != 0 && out.pos == 0 && in.pos == before) refuse("cut off");
        content.append(block.data(), out.pos);
        if (content.size() > max_bytes) refuse(fmt::format("holds more than {} bytes", max_bytes));
    }
    if (in.pos != in.size) refuse("goes on after its end");
    return content;
}

}  // namespace maxcert
