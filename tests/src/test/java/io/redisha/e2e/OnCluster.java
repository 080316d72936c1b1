package io.redisha.e2e;

import io.redisha.lab.Cluster;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Lab;
import io.redisha.lab.PeersRelease;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * Gives tests their release or their namespace, and those that were {@link TooSlow} two more tries; after each, writes down what a failed one
 * left, and mends the lab.
 */
public final class OnCluster implements ParameterResolver, InvocationInterceptor, AfterTestExecutionCallback, AfterEachCallback {

    private static final Namespace HERE = Namespace.create(OnCluster.class);
    private static final Set<Class<?>> RELEASES = Set.of(Release.class, SentinelRelease.class, ClusterRelease.class, PeersRelease.class);

    /** All that outlives a test; closed by JUnit after the last one. */
    static final class Suite implements AutoCloseable {

        final Lab lab = new Lab();
        final AutoCloseable turn = lab.waitForTurn();
        final Cluster cluster = new Cluster(lab);
        final Map<Shared.Kind, Release> releases = new EnumMap<>(Shared.Kind.class);

        Release release(Shared.Kind kind) {
            // What idles beside a trial takes from it what it measures with.
            List<Shared.Kind> others = releases.keySet().stream().filter(other -> !other.architecture().equals(kind.architecture())).toList();
            others.forEach(other -> cluster.deleteNamespace(releases.remove(other).namespace()));
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
        return given(parameter.getParameter(), context);
    }

    private static Object given(Parameter parameter, ExtensionContext context) {
        Suite suite = suite(context);
        suite.cluster.settle();
        if (parameter.getType() == Path.class) {
            return directory(context);
        }
        if (parameter.getType() == Scene.class) {
            String namespace = "e2e-" + name(context.getRequiredTestClass()).replace("E2E", "").replace('.', '-').toLowerCase(Locale.ROOT);
            suite.cluster.namespace(namespace);
            used(context).add(namespace);
            context.getStore(HERE).put("own", namespace);
            return new Scene(suite.lab, suite.cluster, namespace, directory(context));
        }
        Shared.Kind kind = AnnotationSupport.findAnnotation(parameter, Shared.class).orElseThrow().value();
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
    public void interceptTestMethod(Invocation<Void> first, ReflectiveInvocationContext<Method> test, ExtensionContext context) throws Throwable {
        TooSlow.median(first::proceed, slow -> note(slow, context), () -> {
            suite(context).lab.heal();
            Object[] arguments = Arrays.stream(test.getExecutable().getParameters()).map(parameter -> given(parameter, context)).toArray();
            ReflectionSupport.invokeMethod(test.getExecutable(), test.getTarget().orElseThrow(), arguments);
        });
    }

    private static void note(TooSlow slow, ExtensionContext context) {
        Path directory = directory(context);
        dump(context, directory.resolve("slow"));
        Cluster.save(directory.resolve("slow.txt"), name(context) + " the first time: " + slow.getMessage() + "; two more runs decided\n");
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            dump(context, directory(context));
        }
    }

    private static void dump(ExtensionContext context, Path directory) {
        used(context).forEach(namespace -> suite(context).cluster.dump(namespace, directory));
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
        return Path.of("target", "e2e", name(context)).toAbsolutePath();
    }

    private static String name(ExtensionContext context) {
        return name(context.getRequiredTestClass()) + "." + context.getRequiredTestMethod().getName();
    }

    /** With its architecture, since each has an InstallE2E. */
    private static String name(Class<?> test) {
        return ByArchitecture.of(test) + "." + test.getSimpleName();
    }

    private static Suite suite(ExtensionContext context) {
        return context.getRoot().getStore(HERE).computeIfAbsent(Suite.class, type -> new Suite(), Suite.class);
    }

    @SuppressWarnings("unchecked")
    private static Set<String> used(ExtensionContext context) {
        return context.getStore(HERE).computeIfAbsent("used", key -> new LinkedHashSet<String>(), Set.class);
    }
}
