package io.redisha.kube;

import io.redisha.config.Dns;
import io.redisha.config.Settings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Siblings as DNS knows them: by ordinal, and every address of the headless Service, which also names those that no ordinal
 * leads to. Needs neither the API server nor a permission.
 */
public final class HeadlessDns {

    private final Settings settings;
    private final Duration timeout;
    private final Executor loop;

    /** @param timeout after which the answer is "nobody": a resolver tries for up to 10 s by itself */
    public HeadlessDns(Settings settings, Duration timeout, Executor loop) {
        Dns.forgetSoon();
        this.settings = settings;
        this.timeout = timeout;
        this.loop = loop;
    }

    /** Every address of the headless Service, ready or not; empty if there is none or no answer. */
    public void all(Consumer<List<String>> then) {
        resolve(settings.services().headless(), then);
    }

    /** The address of one pod; empty if it has none yet or there is no answer. */
    public void of(String pod, Consumer<List<String>> then) {
        resolve(settings.hostOf(pod), then);
    }

    private void resolve(String host, Consumer<List<String>> then) {
        CompletableFuture<List<String>> found = new CompletableFuture<>();
        // A resolver that hangs cannot be interrupted: it gets a thread to itself, and is forgotten.
        Thread.ofPlatform().daemon().name("dns").start(() -> found.complete(lookUp(host)));
        Ticker.SYSTEM.limit(found, timeout).exceptionally(late -> List.of()).thenAccept(addresses -> loop.execute(() -> then.accept(addresses)));
    }

    /** In the caller's thread. */
    public static List<String> lookUp(String host) {
        try {
            return Stream.of(InetAddress.getAllByName(host)).map(InetAddress::getHostAddress).sorted().toList();
        } catch (UnknownHostException e) {
            return List.of();
        }
    }
}
