package io.redisha.e2e;

import io.redisha.lab.Cluster;
import io.redisha.lab.Lab;
import io.redisha.lab.PeersRelease;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import io.redisha.lab.Shell;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Releases that several tests use one after the other, and the namespaces of those that have one of their own. A release is one test's until
 * that gives it back; if none of the kind is free, one more is installed. What is no longer wanted goes away while others go on.
 */
final class Pool implements AutoCloseable {

    private final Lab lab;
    private final Cluster cluster;
    private final Map<Shared.Kind, Deque<Release>> free = new EnumMap<>(Shared.Kind.class);
    private final List<CompletableFuture<Void>> going = new ArrayList<>();
    private final AtomicInteger number = new AtomicInteger();

    Pool(Lab lab, Cluster cluster) {
        this.lab = lab;
        this.cluster = cluster;
    }

    Release take(Shared.Kind kind) {
        Release release = takeFree(kind);
        return release != null ? release : install(kind);
    }

    private synchronized Release takeFree(Shared.Kind kind) {
        return free.getOrDefault(kind, new ArrayDeque<>()).poll();
    }

    private Release install(Shared.Kind kind) {
        String namespace = namespace(kind.name().replace('_', '-'));
        Release release = kind.isSentinel() ? new SentinelRelease(lab, cluster, namespace, "redis-ha") : new Release(lab, cluster, namespace, "redis-ha");
        if (kind.isPeers()) {
            release.with(PeersRelease.file("serf.yaml"));
        }
        try {
            return release.install(kind.set());
        } catch (IllegalStateException failed) {
            cluster.dump(namespace, Path.of("target", "e2e", namespace).toAbsolutePath());
            discard(namespace);
            throw failed;
        }
    }

    synchronized void giveBack(Shared.Kind kind, Release release) {
        free.computeIfAbsent(kind, key -> new ArrayDeque<>()).add(release);
    }

    /** What idles beside a trial takes from it what it measures with. */
    synchronized void keepOnly(String architecture) {
        free.forEach((kind, releases) -> {
            if (!kind.architecture().equals(architecture)) {
                releases.forEach(release -> discard(release.namespace()));
                releases.clear();
            }
        });
    }

    /** A fresh one; its number sets it apart from one of the same test that is still going away. */
    String namespace(String of) {
        String namespace = "e2e-" + of.toLowerCase(Locale.ROOT) + "-" + number.incrementAndGet();
        cluster.namespace(namespace);
        return namespace;
    }

    synchronized void discard(String namespace) {
        going.add(CompletableFuture.runAsync(() -> cluster.deleteNamespace(namespace), Shell::aside));
    }

    void awaitGone() {
        List<CompletableFuture<Void>> all;
        synchronized (this) {
            all = List.copyOf(going);
            going.clear();
        }
        all.forEach(CompletableFuture::join);
    }

    @Override
    public void close() {
        synchronized (this) {
            free.values().forEach(releases -> releases.forEach(release -> discard(release.namespace())));
            free.clear();
        }
        awaitGone();
    }
}
