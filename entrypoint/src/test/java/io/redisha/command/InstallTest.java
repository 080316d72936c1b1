package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs files with modes")
class InstallTest {

    @TempDir
    Path temp;

    private final StringWriter errors = new StringWriter();
    private Path image;
    private Path target;

    @BeforeEach
    void anImageAndAnEmptyDir() throws IOException {
        image = Files.createDirectories(temp.resolve("image"));
        target = Files.createDirectories(temp.resolve("target"));
        Files.createDirectories(image.resolve("bin"));
        Files.createDirectories(image.resolve("jre/lib"));
        Files.writeString(image.resolve("bin/redis-ha"), "launcher");
        Files.setPosixFilePermissions(image.resolve("bin/redis-ha"), PosixFilePermissions.fromString("r-xr-xr-x"));
        Files.writeString(image.resolve("jre/lib/modules"), "modules");
        Files.setLastModifiedTime(image.resolve("jre/lib/modules"), FileTime.from(Instant.EPOCH));
    }

    private int install(Path into) {
        return new CommandLine(new Install(image))
                .setErr(new PrintWriter(errors, true))
                .execute(into.toString());
    }

    @Test
    void copiesEveryFileWithItsModeAndTime() throws IOException {
        assertThat(install(target)).isZero();

        assertThat(target.resolve("bin/redis-ha")).hasContent("launcher").isExecutable();
        assertThat(target.resolve("jre/lib/modules")).hasContent("modules");
        assertThat(Files.getLastModifiedTime(target.resolve("jre/lib/modules"))).isEqualTo(FileTime.from(Instant.EPOCH));
    }

    @Test
    void writesOverAnEarlierCopyEvenOneThatWasCutOff() throws IOException {
        install(target);
        Files.writeString(target.resolve("jre/lib/modules"), "mod");
        Files.delete(target.resolve("bin/redis-ha"));

        assertThat(install(target)).isZero();

        assertThat(target.resolve("bin/redis-ha")).hasContent("launcher");
        assertThat(target.resolve("jre/lib/modules")).hasContent("modules");
    }

    @Test
    void namesTheDirectoryThatDoesNotExist() {
        Path nowhere = temp.resolve("no/where");

        assertThat(install(nowhere)).isEqualTo(1);

        assertThat(errors.toString().trim())
                .isEqualTo("redis-ha: cannot install into " + nowhere + ": " + nowhere + " does not exist");
    }

    @Test
    void namesTheFileThatIsInTheWay() throws IOException {
        Files.writeString(target.resolve("jre"), "not a directory");

        assertThat(install(target)).isEqualTo(1);

        assertThat(errors.toString().trim())
                .hasLineCount(1)
                .endsWith(target.resolve("jre") + " is in the way and not a directory");
    }
}
