// Draws at most a few times a second, on stderr alone, so that results on stdout stay clean.
#include "data/base/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "data/base/errors.hpp"

namespace maxcert {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration d) {
    return std::chrono::duration<double>(d).count();
}

std::string clock_text(double s) {
    const auto whole = static_cast<long>(std::min(s, 359999.0));
    if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

ProgressStyle progress_style(const std::string& word) {
    if (word == "none") return ProgressStyle::none;
    if (word == "plain") return ProgressStyle::plain;
    if (word == "auto") return isatty(STDERR_FILENO) != 0 ? ProgressStyle::bar : ProgressStyle::plain;
    throw UsageError("--progress takes auto, plain or none, not '" + word + "'");
}

Progress::Progress(ProgressStyle style, std::string title, double total)
    : style_(style), title_(std::move(title)), total_(total), start_(Clock::now()), drawn_(start_) {}

Progress::~Progress() {
    if (ever_drawn_) draw(true);
}

void Progress::update(double done, const std::string& note) {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = std::max(done_, done);
    note_ = note;
    const double pause = style_ == ProgressStyle::bar ? 0.1 : 10.0;
    if (seconds(Clock::now() - drawn_) >= pause) draw(false);
}

void Progress::add(double amount, const std::string& note) {
    double done = 0;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        done = done_ + amount;
        done_ = done;
    }
    update(done, note);
}

void Progress::line(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (style_ == ProgressStyle::none) return;
    fmt::print(stderr, "{}{}\n", style_ == ProgressStyle::bar ? "\r\033[K" : "", text);
}

void Progress::draw(bool last) {
    if (style_ == ProgressStyle::none) return;
    drawn_ = Clock::now();
    ever_drawn_ = true;
    const double share = total_ > 0 ? std::clamp(done_ / total_, 0.0, 1.0) : 0.0;
    const double spent = seconds(drawn_ - start_);
    const std::string left = share > 0 && !last ? ", " + clock_text(spent / share - spent) + " left" : "";
    const std::string note = note_.empty() ? "" : "  " + note_;
    if (style_ == ProgressStyle::plain) {
        fmt::print(stderr, "{} {:.0f}% ({}{}){}\n", title_, 100 * share, clock_text(spent), left, note);
        return;
    }
    const auto full = static_cast<std::size_t>(share * 24);
    fmt::print(stderr, "\r\033[K{} [{}{}] {:3.0f}% {}{}{}{}", title_, std::string(full, '#'),
               std::string(24 - full, '.'), 100 * share, clock_text(spent), left, note, last ? "\n" : "");
    std::fflush(stderr);
}

}  // namespace maxcert
