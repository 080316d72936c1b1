package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.loop.cluster.NodeFile;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodesFileTest {

    private static final String A = "a".repeat(40);
    private static final String B = "b".repeat(40);

    @TempDir Path volume;
    private Path directory;
    private Path conf;
    private NodesFile file;

    @BeforeEach
    void onAVolume() {
        directory = volume.resolve("redis-ha-0");
        conf = directory.resolve("nodes.conf");
        file = new NodesFile(directory, "10.244.1.9", 6379, 16379);
    }

    private void given(String text) throws Exception {
        Files.createDirectories(directory);
        Files.writeString(conf, text);
    }

    private static String two() {
        return A + " 10.244.1.7:6379@16379 myself,master - 0 0 1 connected 0-99\n" + B + " 10.244.2.7:6379@16379 slave " + A
                + " 0 0 1 connected\nvars currentEpoch 1 lastVoteEpoch 0\n";
    }

    @Test
    void knowsNobodyWhereNothingIs() throws Exception {
        assertThat(file.read()).isEqualTo(Topology.NONE);
        file.correctAddress();
        assertThat(directory).doesNotExist();
        assertThat(file.hasData()).isFalse();
    }

    @Test
    void putsTheOwnAddressRightAndLeavesNothingBehind() throws Exception {
        given(two());

        file.correctAddress();

        assertThat(file.read().myself().redis()).isEqualTo(new Address("10.244.1.9", 6379));
        assertThat(conf).content().isEqualTo(two().replace("10.244.1.7", "10.244.1.9"));
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(conf);
        }
    }

    @Test
    void becomesAReplica() throws Exception {
        given(two());

        file.follow(B);

        assertThat(file.read().myself().master()).isEqualTo(B);
        assertThat(file.read().node(B).map(ClusterNode::ownsSlots)).contains(true);
    }

    @Test
    void setsACorruptFileAsideAndIsRebuilt() throws Exception {
        given("\0\0\0");
        assertThatThrownBy(file::read).isInstanceOf(NodeFile.Corrupt.class).hasMessageContaining("nodes.conf: line 1: ");
        assertThat(conf).exists();

        String kept = file.keep();

        assertThat(directory.resolve(kept)).hasContent("\0\0\0");
        file.drop();
        assertThat(file.read()).isEqualTo(Topology.NONE);
        file.rebuild(NodesConf.parse(two()).topology(), B);
        assertThat(file.read().myself().id()).isEqualTo(B);
        assertThat(file.read().myself().redis()).isEqualTo(new Address("10.244.1.9", 6379));
    }

    @Test
    void saysWhatKeepsItFromBeingWrittenAndLeavesTheFileAsItWas() throws Exception {
        given(two());
        Files.createSymbolicLink(directory.resolve("nodes.conf.new"), Path.of("/dev/full"));   // a volume without room

        assertThatThrownBy(file::correctAddress).isInstanceOf(IOException.class).hasMessage(conf + " can't be written: No space left on device");
        assertThat(conf).hasContent(two());
        assertThat(directory.resolve("nodes.conf.new")).as("a half of it takes no room").doesNotExist();

        Files.createDirectory(directory.resolve("nodes.conf.new"));
        Files.createFile(directory.resolve("nodes.conf.new/x"));
        assertThatThrownBy(file::correctAddress).isInstanceOf(IOException.class).hasMessageStartingWith(conf + " can't be written: ");
    }

    @Test
    void saysWhatKeepsItFromBeingRead() throws Exception {
        Files.createDirectories(conf);
        assertThatThrownBy(file::read).isInstanceOf(IOException.class).hasMessage(conf + " can't be read: Is a directory");
    }

    /** Else the next start would find none, and be that of a new node: its data would be wiped. */
    @Test
    void aCorruptFileStaysUntilThereIsAnotherInItsPlace() throws Exception {
        given("\0\0\0");
        Files.createSymbolicLink(directory.resolve("nodes.conf.new"), Path.of("/dev/full"));
        file.keep();
        assertThatThrownBy(() -> file.rebuild(NodesConf.parse(two()).topology(), B)).isInstanceOf(IOException.class);
        assertThatThrownBy(file::read).isInstanceOf(NodeFile.Corrupt.class);
    }

    @Test
    void keepsTheLastTwoCorruptFiles() throws Exception {
        given("garbage");
        Path older = Files.createFile(directory.resolve("nodes.conf.corrupt-2020-01-01T00-00-00Z"));
        Path old = Files.createFile(directory.resolve("nodes.conf.corrupt-2020-01-01T00-00-01Z"));
        assertThat(directory.resolve(file.keep())).hasContent("garbage");
        assertThat(old).exists();
        assertThat(older).doesNotExist();
    }

    @Test
    void takesAnEmptyFileForACorruptOne() throws Exception {
        given("");
        assertThatThrownBy(file::read).isInstanceOf(NodeFile.Corrupt.class);
    }

    @Test
    void seesWhetherThereIsADataset() throws Exception {
        given(two());
        Files.writeString(directory.resolve("temp-17.rdb"), "half");
        Files.writeString(directory.resolve("dump.rdb"), "");
        assertThat(file.hasData()).isFalse();

        Path aof = Files.createDirectories(directory.resolve("appendonlydir"));
        assertThat(file.hasData()).isFalse();
        Files.writeString(aof.resolve("appendonly.aof.manifest"), "file appendonly.aof.1.base.rdb seq 1 type b\n");
        assertThat(file.hasData()).isTrue();
        Files.delete(aof.resolve("appendonly.aof.manifest"));
        Files.writeString(directory.resolve("other.rdb"), "REDIS");
        assertThat(file.hasData()).isTrue();
    }
}
