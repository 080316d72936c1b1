package io.redisha.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.lab.Shell;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AffectedTest {

    /** What tools leave in a checkout, which is in no commit. */
    private static final Set<String> LEFT = Set.of(".git", "target", ".idea", ".vscode", ".settings");

    @TempDir
    Path dir;

    private Affected affected;

    @BeforeEach
    void read() throws IOException {
        affected = Affected.read(Shell.repository().resolve("tests/affected"));
    }

    @Test
    void knowsEachFileOfTheRepository() throws IOException {
        assertThat(files()).hasSizeGreaterThan(300).filteredOn(file -> affected.rule(file).isEmpty()).as("files that no line of tests/affected matches").isEmpty();
    }

    @Test
    void hasNoLineThatMatchesNothing() throws IOException {
        List<Affected.Rule> used = files().stream().flatMap(file -> affected.rule(file).stream()).toList();
        assertThat(affected.rules()).filteredOn(rule -> !used.contains(rule)).as("lines that match no file").isEmpty();
    }

    @Test
    void reachesEachEndToEndTestFromSomethingElse() {
        Set<String> reached = new java.util.TreeSet<>();
        affected.rules().forEach(rule -> reached.addAll(rule.tests()));
        assertThat(EndToEnd.classes()).hasSizeGreaterThan(50).allSatisfy(test -> assertThat(reached).as(test.getName()).contains("e2e/" + EndToEnd.architecture(test)));
    }

    @Test
    void runsAClassOfTestsWhenItIsWhatChanged() {
        assertThat(affected.commands(List.of("tests/src/test/java/io/redisha/e2e/cluster/ScaleE2E.java", "tests/src/test/java/io/redisha/e2e/peers/RingE2E.java")))
                .containsExactly("make unit", "make e2e CLASS=cluster/ScaleE2E,peers/RingE2E");
    }

    @Test
    void runsAllOfAnArchitectureWhenItsOwnCodeChanged() {
        assertThat(affected.commands(List.of("entrypoint/src/main/java/io/redisha/decide/cluster/Plan.java", "tests/src/test/java/io/redisha/e2e/cluster/ScaleE2E.java")))
                .containsExactly("make unit", "make e2e LEVEL=full ARCHITECTURE=cluster");
    }

    @Test
    void runsNothingForWhatOnlyPeopleRead() {
        assertThat(affected.commands(List.of("LICENSE"))).isEmpty();
    }

    @Test
    void runsEverythingForAFileThatItDoesNotKnow() {
        assertThat(affected.commands(List.of("some/new/file"))).containsExactly("make unit", "make integration", "make chart-test", "make e2e");
    }

    @Test
    void refusesATestThatDoesNotExist() throws IOException {
        Path list = Files.writeString(dir.resolve("list"), "a/** unit e2e/ring\n");
        assertThatThrownBy(() -> Affected.read(list)).hasMessageContaining("e2e/ring");
    }

    private static List<String> files() throws IOException {
        Path root = Shell.repository();
        List<String> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return LEFT.contains(directory.getFileName().toString()) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                // in a worktree .git is a file
                if (!LEFT.contains(name) && !name.endsWith(".log") && !name.endsWith(".iml") && !name.endsWith(".tgz")) {
                    files.add(root.relativize(file).toString().replace('\\', '/'));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }
}
