#include "data/files/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "data/base/errors.hpp"
#include "data/files/read_file.hpp"
#include "tests/data/folder.hpp"

namespace maxcert {
namespace {

class Files : public FolderTest {
  protected:
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
    }
};

TEST_F(Files, ReadsBackWhatWasWritten) {
    const std::string bytes = std::string("a\0b\n", 4) + std::string(200'000, 'x');
    write_file_atomically(path("deep/er/file"), bytes);
    EXPECT_EQ(read_file(path("deep/er/file"), bytes.size()), bytes);
    write_file_atomically(path("deep/er/file"), "");
    EXPECT_EQ(read_file(path("deep/er/file"), 10), "");
}

TEST_F(Files, LeavesNoDraftsBehind) {
    write_file_atomically(path("one"), "1");
    write_files_atomically(folder_.string(), {{"two", "22"}, {"three", "333"}});
    EXPECT_EQ(entries(), 3u);
    EXPECT_EQ(read_file(path("three"), 10), "333");
}

TEST_F(Files, FailureToPublishKeepsNeitherDraftNorHalfAFile) {
    std::filesystem::create_directory(path("taken"));
    std::ofstream(path("taken") + "/inside") << "x";
    EXPECT_THROW(write_file_atomically(path("taken"), "new"), Error);
    EXPECT_THROW(write_files_atomically(folder_.string(), {{"fine", "1"}, {"taken", "2"}}), Error);
    EXPECT_TRUE(std::filesystem::is_directory(path("taken")));
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
    }
}

TEST_F(Files, MessagesNameThePath) {
    std::ofstream(path("plain")) << "x";
    try {
        write_file_atomically(path("plain/below"), "x");
        FAIL() << "a file is not a folder";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find(path("plain")), std::string::npos) << e.what();
        EXPECT_EQ(e.code(), ExitCode::failed);
    }
}

TEST_F(Files, WhoeverComesSecondLeavesTheFileAlone) {
    EXPECT_TRUE(write_file_if_absent(path("file"), "first"));
    EXPECT_FALSE(write_file_if_absent(path("file"), "second"));
    EXPECT_EQ(read_file(path("file"), 10), "first");
    EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, TriesAFolderBeforeTheWork) {
    make_writable_folder(path("deep/er"));
    EXPECT_TRUE(std::filesystem::is_empty(path("deep/er")));
    std::ofstream(path("plain")) << "x";
    EXPECT_THROW(make_writable_folder(path("plain/below")), Error);
    EXPECT_THROW(make_writable_folder("/proc"), Error);
}

TEST_F(Files, FilesHaveThePermissionsOfOthersMadeHere) {
    std::ofstream(path("plain")) << "x";
    write_file_atomically(path("file"), "x");
    EXPECT_EQ(std::filesystem::status(path("file")).permissions(),
              std::filesystem::status(path("plain")).permissions());
}

TEST_F(Files, RefusesWhatCannotBeRead) {
    EXPECT_THROW(read_file(path("missing"), 10), InputError);
    EXPECT_THROW(read_file(folder_.string(), 10), InputError);
    write_file_atomically(path("file"), "12345");
    EXPECT_EQ(read_file(path("file"), 5), "12345");
    EXPECT_THROW(read_file(path("file"), 4), InputError);
    EXPECT_THROW(read_file("/dev/zero", 1 << 20), InputError);  // no size to look at beforehand
}

}  // namespace
}  // namespace maxcert
