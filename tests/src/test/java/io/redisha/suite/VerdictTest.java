package io.redisha.suite;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.lab.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What tests/bin/test says in its last line and by its exit code, with a Maven and a lab that only pretend. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "tests/bin/test needs Linux")
class VerdictTest {

    private static final Map<String, String> OF_A_CLUSTER = Map.of("KUBECONFIG", "/nowhere", "IMAGE", "registry.example.com/redis-ha:1");

    @TempDir
    Path root;

    @BeforeEach
    void copy() throws IOException {
        for (String script : List.of("test", "report", "common")) {
            write("tests/bin/" + script, Files.readString(Shell.repository().resolve("tests/bin").resolve(script)));
        }
        write("tests/bin/jdk", "#!/bin/sh\necho /nowhere\n");
        write("tests/bin/common", Files.readString(root.resolve("tests/bin/common")) + "\nwant_lab() { :; }\n");
        write("tests/lab/lab", "#!/bin/sh\necho no room for a lab >&2; exit 1\n");
    }

    private void write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    /** @param script what it does; it is run in the repository's copy, once for the whole lane */
    private void maven(String script) throws IOException {
        write("lab/bin/mvn", "#!/bin/sh\n" + script + "\n");
    }

    private static String suite(String test, int failures) {
        return "mkdir -p tests/target/failsafe-reports && printf '%s\\n' '<testsuite name=\"x\" time=\"1\" tests=\"1\" errors=\"0\" skipped=\"0\" failures=\""
                + failures + "\">' '<testcase name=\"" + test + "\">' '" + (failures > 0 ? "<failure message=\"no\"/>" : "")
                + "</testcase></testsuite>' > tests/target/failsafe-reports/TEST-x.xml";
    }

    private Shell.Output run(Map<String, String> environment, String part) {
        List<String> command = new ArrayList<>(List.of("env", "-i", "PATH=" + System.getenv("PATH"), "LAB=" + root.resolve("lab")));
        environment.forEach((key, value) -> command.add(key + "=" + value));
        command.addAll(List.of("bash", root.resolve("tests/bin/test").toString(), part));
        return new Shell(Map.of()).run(Duration.ofSeconds(60), command);
    }

    private static Map<String, String> with(String key, String value) {
        Map<String, String> environment = new HashMap<>(OF_A_CLUSTER);
        environment.put(key, value);
        return environment;
    }

    @Test
    void passesWhenATestHasPassed() throws IOException {
        maven(suite("works", 0));
        Shell.Output output = run(OF_A_CLUSTER, "e2e");
        assertThat(output.exit()).as(output.text()).isZero();
        assertThat(output.out()).endsWith("\n1 passed, 0 failed\n");
    }

    @Test
    void countsAFailedTestOnce() throws IOException {
        maven(suite("fails", 1) + "; exit 1");
        Shell.Output output = run(OF_A_CLUSTER, "e2e");
        assertThat(output.exit()).isEqualTo(1);
        assertThat(output.out()).contains("FAILED  .fails").endsWith("\n0 passed, 1 failed\n");
    }

    @Test
    void failsWhenNoTestIsOfThatName() throws IOException {
        maven("exit 0");
        Shell.Output output = run(with("CLASS", "cluster/ScalingE2E"), "e2e");
        assertThat(output.exit()).as(output.text()).isEqualTo(1);
        assertThat(output.text()).contains("No end-to-end test was run: there is none with LEVEL=full CLASS=cluster/ScalingE2E");
        assertThat(output.out()).endsWith("\n0 passed, 1 failed\n");
    }

    @Test
    void refusesAnArchitectureThatThereIsNot() throws IOException {
        maven("exit 0");
        Shell.Output output = run(with("ARCHITECTURE", "clutser"), "e2e");
        assertThat(output.exit()).as(output.text()).isEqualTo(1);
        assertThat(output.err()).isEqualTo("ARCHITECTURE: given clutser, expected replication, cluster, sentinel or peers\n");
    }

    @Test
    void countsWhatFailsWithoutAReport() throws IOException {
        maven("echo does not compile; exit 1");
        Shell.Output output = run(OF_A_CLUSTER, "e2e");
        assertThat(output.exit()).isEqualTo(1);
        assertThat(output.out()).contains("FAILED  lane e2e").endsWith("\n0 passed, 1 failed\n");
    }

    @Test
    void sumsUpAlsoWhenThereIsNoCluster() {
        Shell.Output output = run(Map.of(), "all");
        assertThat(output.exit()).isEqualTo(1);
        assertThat(output.out()).contains("FAILED  lane cluster").endsWith("\n0 passed, 1 failed\n");
    }
}
