package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The test's JVM becomes, as process 1 is, the parent of every orphan below it. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs /proc, and a process that adopts others' children")
class OrphansTest {

    @BeforeAll
    static void adopt() throws Throwable {
        subreaper(1);
    }

    @AfterAll
    static void disown() throws Throwable {
        subreaper(0);
    }

    @SuppressWarnings("restricted")
    private static void subreaper(long on) throws Throwable {
        int setChildSubreaper = 36;
        var prctl = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow("prctl"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG), Linker.Option.firstVariadicArg(1));
        assertThat((int) prctl.invokeExact(setChildSubreaper, on, 0L, 0L, 0L)).isZero();
    }

    @Test
    void reapsAZombieThatItInherited() throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "sleep 0.1 & echo $!").start();
        long orphan = Long.parseLong(new String(shell.getInputStream().readAllBytes()).strip());
        shell.waitFor();
        Awaitility.await().until(() -> state(orphan) == 'Z');

        assertThat(new Orphans().reap(-1)).isEqualTo(1);
        assertThat(Path.of("/proc", Long.toString(orphan))).doesNotExist();
        assertThat(new Orphans().reap(-1)).isZero();
    }

    @Test
    void neverTakesTheExitStatusOfTheJvmsOwnChild() throws Exception {
        Orphans orphans = new Orphans();
        for (int i = 0; i < 50; i++) {
            Process child = new ProcessBuilder("sh", "-c", "exit 7").start();
            while (child.isAlive()) {
                orphans.reap(child.pid());
            }
            assertThat(child.exitValue()).isEqualTo(7);
        }
    }

    private static char state(long pid) throws Exception {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }
}
