// Writing files so that no reader ever sees half of one. Reading is read_file.hpp.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace maxcert {

/// Creates `folder` with its parents where it is missing and tries whether files can be made in it, so that
/// nobody works for hours first. Throws Error naming it.
void make_writable_folder(const std::string& folder);

/// Like write_file_atomically, but leaves a file that is already there alone; whether it wrote.
bool write_file_if_absent(const std::string& path, const std::string& bytes);

/// Creates missing folders, writes to a temporary file beside `path`, fsyncs, renames, fsyncs the folder.
/// Throws Error naming the path.
void write_file_atomically(const std::string& path, const std::string& bytes);

/// A file that is written piece by piece and takes its name when all of it is there. What was not published
/// is gone again at the end. Throws Error naming the path.
class AtomicFile {
  public:
    explicit AtomicFile(const std::string& path);
    ~AtomicFile();
    void append(const std::string& bytes);
    void publish();

  private:
    class Draft;
    std::string folder_;
    std::unique_ptr<Draft> draft_;
};

/// Held while a folder's files are read and written again, so that two processes do not drop each other's
/// work. Where the file system has no locks there is none.
class FolderLock {
  public:
    explicit FolderLock(const std::string& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

  private:
    int descriptor_;
};

/// Removes what killed processes left in a folder: temporary files that nobody holds open any more.
void remove_abandoned_drafts(const std::string& folder);

/// The same for many files of one folder at the price of one flush of the file system.
void write_files_atomically(const std::string& folder,
                            const std::vector<std::pair<std::string, std::string>>& name_and_bytes);

}  // namespace maxcert
