package io.redisha.e2e;

import io.redisha.lab.Cluster;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Lab;
import io.redisha.lab.PeersRelease;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests their release or their namespace; after each, writes down what a failed one left, and mends the lab. */
public final class OnCluster implements ParameterResolver, AfterTestExecutionCallback, AfterEachCallback {

    private static final Namespace HERE = Namespace.create(OnCluster.class);
    private static final Set<Class<?>> RELEASES = Set.of(Release.class, SentinelRelease.class, ClusterRelease.class, PeersRelease.class);

    /** All that outlives a test; closed by JUnit after the last one. */
    static final class Suite implements AutoCloseable {

        final Lab lab = new Lab();
        final AutoCloseable turn = lab.waitForTurn();
        final Cluster cluster = new Cluster(lab);
        final Map<Shared.Kind, Release> releases = new EnumMap<>(Shared.Kind.class);

        Release release(Shared.Kind kind) {
            return releases.computeIfAbsent(kind, asked -> {
                String namespace = "e2e-" + asked.name().toLowerCase(Locale.ROOT).replace('_', '-');
                cluster.namespace(namespace);
                Release release = asked.isSentinel() ? new SentinelRelease(lab, cluster, namespace, "redis-ha") : new Release(lab, cluster, namespace, "redis-ha");
                if (asked.isPeers()) {
                    release.with(PeersRelease.file("serf.yaml"));
                }
                return release.install(asked.set());
            });
        }

        @Override
        public void close() {
            lab.heal();
            releases.values().forEach(release -> cluster.deleteNamespace(release.namespace()));
            cluster.close();
            try {
                turn.close();
            } catch (Exception gone) {
                throw new IllegalStateException(gone);
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return RELEASES.contains(type) && parameter.isAnnotated(Shared.class) || type == Scene.class || type == Path.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Suite suite = suite(context);
        suite.cluster.settle();
        if (parameter.getParameter().getType() == Path.class) {
            return directory(context);
        }
        if (parameter.getParameter().getType() == Scene.class) {
            String namespace = "e2e-" + context.getRequiredTestClass().getSimpleName().replace("E2E", "").toLowerCase(Locale.ROOT);
            suite.cluster.namespace(namespace);
            used(context).add(namespace);
            context.getStore(HERE).put("own", namespace);
            return new Scene(suite.lab, suite.cluster, namespace, directory(context));
        }
        Shared.Kind kind = parameter.findAnnotation(Shared.class).orElseThrow().value();
        Release release = suite.release(kind);
        used(context).add(release.namespace());
        return whole(suite, kind, directory(context));
    }

    /** What one test has broken for good is its failure, not that of all that come after it. */
    private static Object whole(Suite suite, Shared.Kind kind, Path directory) {
        Release release = suite.release(kind);
        try {
            return whole(release, kind);
        } catch (ConditionTimeoutException broken) {
            System.out.println("the shared release is broken, installing it anew: " + broken.getMessage());
            suite.cluster.dump(release.namespace(), directory.resolve("before"));
            suite.releases.remove(kind);
            return whole(suite.release(kind), kind);
        }
    }

    private static Object whole(Release release, Shared.Kind kind) {
        if (kind.isPeers()) {
            PeersRelease peers = new PeersRelease(release, 5).joinedByOthers();
            peers.awaitOneRing();
            return peers;
        }
        return kind.isCluster() ? new ClusterRelease(release, 3, 1).awaitWhole() : release.awaitWhole();
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            used(context).forEach(namespace -> {
                suite(context).cluster.dump(namespace, directory(context));
                System.out.println(context.getDisplayName() + " failed; what was said last in " + namespace + ":\n" + suite(context).cluster.story(namespace));
            });
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Suite suite = suite(context);
        suite.lab.heal();
        String own = context.getStore(HERE).get("own", String.class);
        if (own != null) {
            suite.cluster.deleteNamespace(own);
        }
    }

    static Path directory(ExtensionContext context) {
        return Path.of("target", "e2e", context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName()).toAbsolutePath();
    }

    private static Suite suite(ExtensionContext context) {
        return context.getRoot().getStore(HERE).computeIfAbsent(Suite.class, type -> new Suite(), Suite.class);
    }

    @SuppressWarnings("unchecked")
    private static Set<String> used(ExtensionContext context) {
        return context.getStore(HERE).computeIfAbsent("used", key -> new LinkedHashSet<String>(), Set.class);
    }
}
