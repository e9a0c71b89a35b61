// Errors that end the program, each with the exit code the command line promises.
#pragma once

#include <stdexcept>
#include <string>

namespace maxcert {

enum class ExitCode { done = 0, usage = 2, input = 3, rejected = 4, failed = 5 };

class Error : public std::runtime_error {
  public:
    explicit Error(const std::string& what, ExitCode code = ExitCode::failed)
        : std::runtime_error(what), code_(code) {}
    ExitCode code() const { return code_; }

  private:
    ExitCode code_;
};

/// The command line asks for something that does not exist.
class UsageError : public Error {
  public:
    explicit UsageError(const std::string& what) : Error(what, ExitCode::usage) {}
};

/// A file cannot be read or says something impossible: names the file, the field and the remedy.
class InputError : public Error {
  public:
    InputError(const std::string& file, const std::string& field, const std::string& reason,
               const std::string& remedy)
        : Error(file + (field.empty() ? "" : ": " + field) + ": " + reason + " (" + remedy + ")",
                ExitCode::input) {}
};

/// A certificate was read, and one of its claims does not hold.
class CertificateRejected : public Error {
  public:
    explicit CertificateRejected(const std::string& claim) : Error(claim, ExitCode::rejected) {}
};

}  // namespace maxcert
