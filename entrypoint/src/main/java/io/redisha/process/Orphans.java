package io.redisha.process;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Zombies that process 1 inherits: scripts left behind by {@code kubectl exec}, a snapshot's process whose server was killed. The JVM
 * waits only for its own children, and an exit status taken from it would be lost to it: its child is never touched.
 */
final class Orphans {

    private static final Logger LOG = LoggerFactory.getLogger(Orphans.class);

    private final long self = ProcessHandle.current().pid();
    private boolean disabled;

    /**
     * Called by the one thread that starts children, so that none can be unknown.
     *
     * @param child the JVM's own child, -1 for none
     * @return how many were reaped
     */
    int reap(long child) {
        String[] names = disabled ? null : new File("/proc").list();
        if (names == null) {
            return 0;
        }
        int reaped = 0;
        for (String name : names) {
            if (Character.isDigit(name.charAt(0))) {
                long pid = Long.parseLong(name);
                if (pid != child && zombieOfOurs(pid) && take(pid)) {
                    reaped++;
                }
            }
        }
        return reaped;
    }

    private boolean zombieOfOurs(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            // The name may hold anything, also spaces and brackets: "42 (a) b) Z 1 ...".
            int at = stat.lastIndexOf(')') + 2;
            return stat.startsWith("Z " + self + " ", at);
        } catch (IOException e) {
            return false;
        }
    }

    private boolean take(long pid) {
        try {
            return Waitpid.noHang(pid) == pid;
        } catch (Throwable e) {
            // Without native access they stay: untidy, and no harm done.
            LOG.warn("orphaned processes cannot be reaped: {}", e.toString());
            disabled = true;
            return false;
        }
    }

    /** Loaded with the first zombie: a downcall costs some hundred classes, and most containers never have one. */
    @SuppressWarnings("restricted")
    private static final class Waitpid {

        private static final int WNOHANG = 1;
        private static final MethodHandle WAITPID = Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("waitpid"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

        static int noHang(long pid) throws Throwable {
            return (int) WAITPID.invokeExact((int) pid, MemorySegment.NULL, WNOHANG);
        }
    }
}
