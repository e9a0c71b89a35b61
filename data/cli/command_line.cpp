// Boost parses and we word the messages, which name the option and what it takes.
#include "data/cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "data/base/errors.hpp"
#include "data/cli/did_you_mean.hpp"

namespace po = boost::program_options;

namespace maxcert {

CommandLine::CommandLine(std::string name, std::string summary, std::vector<std::string> examples)
    : name_(std::move(name)),
      summary_(std::move(summary)),
      examples_(std::move(examples)),
      options_("Options", 100) {
    options_.add_options()("help,h", "print this help");
}

void CommandLine::text(const std::string& name, const std::string& argument, const std::string& fallback,
                       const std::string& help) {
    if (main_option_.empty()) main_option_ = name;
    auto* value = po::value<std::string>()->value_name(argument);
    if (!fallback.empty()) value->default_value(fallback);
    options_.add_options()(name.c_str(), value, help.c_str());
}

void CommandLine::flag(const std::string& name, const std::string& help) {
    options_.add_options()(name.c_str(), help.c_str());
}

bool CommandLine::parse(const std::vector<std::string>& arguments) {
    for (const auto& argument : arguments) {
        // Boost replaces %words% in its messages, and never ends where it puts one in again.
        if (argument.find('%') < argument.find('=') && argument.rfind("--", 0) == 0) {
            throw UsageError(fmt::format("no option is called '{}'; see maxcert {} --help", argument, name_));
        }
    }
    try {
        namespace style = po::command_line_style;
        const int exact = style::unix_style & ~style::allow_guessing;
        po::store(po::command_line_parser(arguments)
                      .options(options_)
                      .style(exact)
                      .positional(po::positional_options_description())
                      .run(),
                  values_);
        po::notify(values_);
    } catch (const po::error& e) {
        throw UsageError(fmt::format("{}{}; see maxcert {} --help", e.what(), advice(arguments), name_));
    }
    if (values_.count("help") == 0) return true;
    fmt::print("{}", help());
    return false;
}

/// What was probably meant by arguments that do not parse.
std::string CommandLine::advice(const std::vector<std::string>& arguments) const {
    std::vector<std::string> names;
    for (const auto& option : options_.options()) names.push_back("--" + option->long_name());
    bool value_follows = false;
    for (const std::string& argument : arguments) {
        const std::string name = argument.substr(0, argument.find('='));
        const bool option = name.rfind("--", 0) == 0;
        if (!option && !value_follows) return fmt::format(": maybe --{} {}", main_option_, argument);
        if (option && std::count(names.begin(), names.end(), name) == 0) return did_you_mean(name, names);
        const auto* known = option ? options_.find_nothrow(name.substr(2), false) : nullptr;
        value_follows = known != nullptr && known->semantic()->min_tokens() > 0 && name == argument;
    }
    return {};
}

std::string CommandLine::help() const {
    std::ostringstream text;
    text << "maxcert " << name_ << ": " << summary_ << "\n\n" << options_;
    if (!examples_.empty()) text << "\nExamples:\n";
    for (const auto& example : examples_) text << "  " << example << "\n";
    return text.str();
}

bool CommandLine::given(const std::string& name) const {
    return values_.count(name) != 0 && !values_[name].defaulted();
}

std::string CommandLine::get(const std::string& name) const {
    return values_.count(name) != 0 ? values_[name].as<std::string>() : "";
}

std::string CommandLine::require(const std::string& name) const {
    if (values_.count(name) == 0)
        throw UsageError(fmt::format("{} needs --{}, as in: {}", name_, name, examples_.front()));
    return get(name);
}

double CommandLine::number(const std::string& name, double low, double high) const {
    const std::string text = get(name);
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool whole_text = !text.empty() && *end == '\0';
    if (!whole_text || !(value >= low && value <= high)) {
        throw UsageError(fmt::format("--{} takes a number from {} to {}, not '{}'", name, low, high, text));
    }
    return value;
}

unsigned long CommandLine::whole(const std::string& name, unsigned long low, unsigned long high) const {
    const std::string text = get(name);
    const bool digits =
        !text.empty() && text.size() <= 19 && text.find_first_not_of("0123456789") == std::string::npos;
    const unsigned long value = digits ? std::strtoul(text.c_str(), nullptr, 10) : 0;
    if (!digits || value < low || value > high) {
        throw UsageError(
            fmt::format("--{} takes a whole number from {} to {}, not '{}'", name, low, high, text));
    }
    return value;
}

void add_config_option(CommandLine& line) {
    line.text("config", "FILE", "", "an experiment, such as configs/max-of-4.cfg");
}

void add_seeds_option(CommandLine& line) {
    line.text("seeds", "LIST", "all",
              "all, numbers with commas, first:N, @I (0-based index), @I/N (I-th of N blocks)");
}

void add_threads_option(CommandLine& line, const std::string& fallback) {
    line.text("threads", "N", fallback, "worker threads, or all");
}

void add_progress_option(CommandLine& line) {
    line.text("progress", "STYLE", "auto", "auto, plain or none, on stderr");
}

unsigned thread_count(const CommandLine& line) {
    if (line.get("threads") == "all") return std::max(1u, std::thread::hardware_concurrency());
    return static_cast<unsigned>(line.whole("threads", 1, 1024));
}

}  // namespace maxcert
