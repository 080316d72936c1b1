package io.redisha.process;

/** Rule P4: only as PID 1 does the kernel end the server together with the program that fences it. */
public final class PidOne {

    private PidOne() {}

    /**
     * Why this process must not run a server; null if it may. The one exception is the image build, which trains the AOT cache
     * where a process 1 of its own is not to be had.
     */
    public static String problem() {
        return Boolean.getBoolean("redisha.training") ? null : problem(ProcessHandle.current().pid());
    }

    static String problem(long pid) {
        return pid == 1 ? null : "shareProcessNamespace: given true (this process has the id " + pid + "), expected false: redis-ha must be "
                + "process 1 of its container, or the server would outlive it and go on accepting writes";
    }
}
