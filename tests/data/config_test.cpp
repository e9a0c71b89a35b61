#include "data/experiment/config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "data/base/errors.hpp"
#include "data/files/files.hpp"
#include "data/files/read_file.hpp"
#include "tests/data/folder.hpp"

namespace maxcert {
namespace {

class Configs : public FolderTest {
  protected:
    Config parsed(const std::string& text) const {
        write_file_atomically(path("test.cfg"), text);
        return load_config(path("test.cfg"));
    }
    /// The message with which `text` is refused; it must name the file, the key, and hold a remedy.
    void expect_refused(const std::string& text, const std::string& key) const {
        try {
            parsed(text);
            ADD_FAILURE() << "accepted: " << text;
        } catch (const InputError& e) {
            const std::string message = e.what();
            EXPECT_NE(message.find(path("test.cfg")), std::string::npos) << message;
            EXPECT_NE(message.find(key), std::string::npos) << message;
            EXPECT_NE(message.find('('), std::string::npos) << message;
        }
    }
};

std::vector<std::uint64_t> published_seeds() {
    std::istringstream table(read_file(MAXCERT_SOURCE "/data/published/max-of-4-per-seed.csv", 1 << 20));
    std::vector<std::uint64_t> seeds;
    std::string line;
    std::getline(table, line);
    while (std::getline(table, line)) seeds.push_back(std::stoull(line.substr(0, line.find(','))));
    return seeds;
}

TEST_F(Configs, ShippedOnesHoldThePaperAndItsSeeds) {
    for (const auto& [name, n_ctx] :
         {std::pair("max-of-4", 4u), {"max-of-5", 5u}, {"max-of-10", 10u}, {"max-of-20", 20u}}) {
        const Config config = load_config(std::string(MAXCERT_SOURCE "/configs/") + name + ".cfg");
        EXPECT_EQ(config.name, name);
        EXPECT_EQ(config.shape, (Shape{n_ctx, 64, 32, 32}));
        EXPECT_EQ(config.seeds.size(), 151u);
        EXPECT_EQ(config.seeds, published_seeds());
        EXPECT_EQ(config.train.steps, 3000u);
        EXPECT_EQ(config.train.batch, 128u);
        EXPECT_EQ(config.train.learning_rate, 1e-3);
        EXPECT_EQ(config.train.weight_decay, 0.01);
        EXPECT_EQ(config.strategies, "all");
    }
    EXPECT_LE(load_config(MAXCERT_SOURCE "/configs/smoke.cfg").seeds.size(), 5u);
}

TEST_F(Configs, SpellOutTheDefaults) {
    const Config full = load_config(MAXCERT_SOURCE "/configs/max-of-4.cfg");
    EXPECT_EQ(config_hash(full), config_hash(parsed("name = x\nn_ctx = 4\nseeds = 1\n")));
}

TEST_F(Configs, HashCoversShapeAndTrainingAlone) {
    const std::string base = "name = a\nn_ctx = 4\nseeds = 1\n";
    const std::string hash = config_hash(parsed(base));
    // By Python's json.dumps and hashlib, but for the spelling of epsilon (1e-08 in both).
    EXPECT_EQ(hash, "bb4da36ddf34e2e008c105d3b102fa033860f8409a51c6682852fea62bedc7ae");
    EXPECT_EQ(
        config_hash(parsed("# comment\nname = b\nn_ctx = 4\nseeds = 2, 3\nseeds = 4\nstrategies = paper\n")),
        hash);
    for (const char* line :
         {"d_vocab = 63", "d_model = 31", "d_head = 31", "steps = 1", "batch = 1", "learning_rate = 0.002",
          "beta1 = 0.8", "beta2 = 0.99", "epsilon = 1e-7", "weight_decay = 0"}) {
        EXPECT_NE(config_hash(parsed(base + line + "\n")), hash) << line;
    }
    EXPECT_NE(config_hash(parsed("name = a\nn_ctx = 5\nseeds = 1\n")), hash);
}

TEST_F(Configs, SeedsMayFillSeveralLines) {
    EXPECT_EQ(parsed("name = a\nn_ctx = 4\nseeds = 1, 2\nseeds = 3\n").seeds,
              (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(Configs, CommentsMaySayAnything) {
    EXPECT_EQ(parsed("name = a  # 100% %canonical_option%\nn_ctx = 4\nseeds = 1\n").name, "a");
}

TEST_F(Configs, RefusesWhatIsWrongAndSaysWhere) {
    expect_refused("", "n");
    expect_refused("n_ctx = 4\nseeds = 1\n", "name");
    expect_refused("name = a\nseeds = 1\n", "n_ctx");
    expect_refused("name = a\nn_ctx = 4\n", "seeds");
    const std::string base = "name = a\nn_ctx = 4\nseeds = 1\n";
    expect_refused(base + "colour = red\n", "colour");
    expect_refused(base + "n_ctx = 5\n", "n_ctx");
    expect_refused(base + "nonsense\n", "nonsense");
    expect_refused(base + "'%canonical_option%'\n", "%");
    expect_refused("name = ../a\nn_ctx = 4\nseeds = 1\n", "name");
    expect_refused("name = a\nn_ctx = 4\nseeds =\n", "seeds");
    expect_refused("name = a\nn_ctx = 4\nseeds = 1,1\n", "seeds");
    expect_refused("name = a\nn_ctx = 4\nseeds = 1,x\n", "seeds");
    expect_refused("name = a\nn_ctx = 0\nseeds = 1\n", "n_ctx");
    expect_refused("name = a\nn_ctx = 65537\nseeds = 1\n", "n_ctx");
    for (const char* line : {"d_vocab = 1", "d_model = 0", "d_head = -1", "steps = 0", "steps = 1e3",
                             "batch = 0", "learning_rate = nan", "learning_rate = inf", "learning_rate = 1x",
                             "beta1 = 1", "beta2 = -0.1", "epsilon = 2", "weight_decay = -1"}) {
        const std::string text = line;
        expect_refused(base + text + "\n", text.substr(0, text.find(' ')));
    }
    EXPECT_THROW(load_config(path("missing.cfg")), InputError);
}

}  // namespace
}  // namespace maxcert
