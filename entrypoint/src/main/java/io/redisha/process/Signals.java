package io.redisha.process;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** Signals to this process, which are meant for its child. */
public final class Signals {

    public static final int TERM = 15;
    public static final int INT = 2;

    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /** Instead of what Java would do. What Java needs for itself (SIGQUIT, for one) cannot be had. */
    public static void take(List<String> names, IntConsumer then) {
        for (String name : names) {
            try {
                Signal.handle(new Signal(name), signal -> then.accept(signal.getNumber()));
            } catch (IllegalArgumentException e) {
                LOG.debug("SIG{} cannot be passed on: {}", name, e.getMessage());
            }
        }
    }

    /** ProcessHandle knows only two of them. */
    @SuppressWarnings("restricted")
    public static void send(long pid, int signal) {
        try {
            MethodHandle kill = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow("kill"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            int unused = (int) kill.invokeExact((int) pid, signal);
        } catch (Throwable e) {
            LOG.warn("signal {} cannot be passed on: {}", signal, e.toString());
            if (signal == TERM || signal == INT) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
            }
        }
    }
}
