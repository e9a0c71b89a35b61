// Progress on stderr: a bar with the expected time left on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace maxcert {

enum class ProgressStyle { none, plain, bar };

/// auto = bar on a terminal and plain elsewhere; plain; none. Throws UsageError for other words.
ProgressStyle progress_style(const std::string& word);

/// Thread-safe; every method may be called from any thread.
class Progress {
  public:
    Progress(ProgressStyle style, std::string title, double total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `done` of the total (never decreasing) and a short note such as a bracket or a loss.
    void update(double done, const std::string& note = "");
    void add(double amount, const std::string& note = "");
    /// A line of its own, above the bar.
    void line(const std::string& text);

  private:
    void draw(bool last);

    std::mutex mutex_;
    ProgressStyle style_;
    std::string title_;
    double total_;
    double done_ = 0;
    std::string note_;
    std::chrono::steady_clock::time_point start_, drawn_;
    bool ever_drawn_ = false;
};

}  // namespace maxcert
