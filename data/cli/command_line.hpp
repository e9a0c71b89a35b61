// The command line of one command: its options, help with examples, and errors that say what to do.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

namespace maxcert {

class CommandLine {
  public:
    /// `examples` are whole command lines, shown by --help.
    CommandLine(std::string name, std::string summary, std::vector<std::string> examples);

    /// Declares a text option; an empty default means "not given". `argument` names its value in the help.
    void text(const std::string& name, const std::string& argument, const std::string& fallback,
              const std::string& help);
    void flag(const std::string& name, const std::string& help);

    /// Parses; prints the help to stdout and returns false for --help. Throws UsageError.
    bool parse(const std::vector<std::string>& arguments);

    bool given(const std::string& name) const;
    bool flagged(const std::string& name) const { return values_.count(name) != 0; }
    std::string get(const std::string& name) const;
    /// Throws UsageError when the option is missing.
    std::string require(const std::string& name) const;
    /// Throws UsageError unless the value is a number within [low, high].
    double number(const std::string& name, double low, double high) const;
    unsigned long whole(const std::string& name, unsigned long low, unsigned long high) const;

    std::string help() const;

  private:
    std::string advice(const std::vector<std::string>& arguments) const;

    std::string name_, summary_;
    std::vector<std::string> examples_;
    std::string main_option_;  ///< the first declared
    boost::program_options::options_description options_;
    boost::program_options::variables_map values_;
};

/// Options that several commands have, declared in one place.
void add_config_option(CommandLine& line);
void add_seeds_option(CommandLine& line);
void add_threads_option(CommandLine& line, const std::string& fallback);
void add_progress_option(CommandLine& line);

/// --threads: a number, or `all` for every core.
unsigned thread_count(const CommandLine& line);

}  // namespace maxcert
