package io.redisha.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Whether a process that was sent SIGKILL carries out anything more of its own, though it has not ended (rule L7, finding R2).
 *
 * <p>The kernel may hold it for as long as its disk hangs. What it was in the middle of may still reach that disk; but the signal is looked at before any of
 * its threads goes back to its own code, and nothing takes it away again (signal(7), proc_pid_status(5)).
 */
final class Doom {

    /** Fields of {@code /proc/<pid>/stat} after the name. */
    private static final int STATE = 0;
    private static final int FLAGS = 6;
    /** PF_EXITING: it is past its last instruction, and lets go of what it holds. */
    private static final long EXITING = 0x4;
    private static final long SIGKILL = 1L << 8;

    private Doom() {}

    /** @return false also if the kernel does not say */
    static boolean isCertain(long pid) {
        return isCertain(Path.of("/proc", Long.toString(pid)));
    }

    /** @param proc its directory in {@code /proc} */
    static boolean isCertain(Path proc) {
        try {
            String[] stat = Vitals.stat(proc);
            String status = Vitals.text(proc.resolve("status"));
            return "ZX".contains(stat[STATE]) || (Long.parseLong(stat[FLAGS]) & EXITING) != 0 || ((mask(status, "\nSigPnd:") | mask(status, "\nShdPnd:")) & SIGKILL) != 0;
        } catch (NoSuchFileException e) {
            return !Files.exists(proc);
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /** Signals that are pending, as bits. */
    private static long mask(String status, String key) {
        return Long.parseUnsignedLong(Vitals.line(status, key), 16);
    }
}
