package io.redisha.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Threads of this process that stand in a node's network: sockets belong to the namespace of the thread that opens them.
 * So one process with one clock can write from every node at once. Names are still resolved by this machine: use addresses.
 */
public final class Netns {

    private static final int CLONE_NEWNET = 0x40000000;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN = function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SETNS = function("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private Netns() {}

    public static <T> T call(String node, Callable<T> body) {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter(node);   // in here: who can't, must say so to the one that waits
            return body.call();
        });
        Thread.ofPlatform().name("in-" + node).daemon().start(task);
        try {
            return task.get();
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failed.getCause());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    /** A platform thread, because a virtual one changes its carrier and with it its network. */
    public static Thread start(String node, String name, Runnable body) {
        return Thread.ofPlatform().name(name).daemon().start(() -> {
            enter(node);
            body.run();
        });
    }

    private static void enter(String node) {
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) OPEN.invokeExact(arena.allocateFrom("/var/run/netns/" + node), 0);
            int entered = file < 0 ? file : (int) SETNS.invokeExact(file, CLONE_NEWNET);
            if (file >= 0) {
                int ignored = (int) CLOSE.invokeExact(file);
            }
            if (entered != 0) {
                throw new IllegalStateException("cannot enter the network of " + node + ": is the lab up, and is this root?");
            }
        } catch (RuntimeException refused) {
            throw refused;
        } catch (Throwable impossible) {
            throw new LinkageError("setns", impossible);
        }
    }

    // restricted: --enable-native-access is for production; a test may say it once on stderr
    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), descriptor);
    }
}
