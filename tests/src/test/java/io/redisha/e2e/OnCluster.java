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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
        final Pool pool = new Pool(lab, cluster);

        @Override
        public void close() {
            lab.heal();
            try {
                pool.close();
            } finally {
                cluster.close();
            }
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
            String namespace = suite.pool.namespace(name(context.getRequiredTestClass()).replace("E2E", "").replace('.', '-'));
            given(context).add(new Given(namespace, () -> suite.pool.discard(namespace)));
            ready(suite, context);
            return new Scene(suite.lab, suite.cluster, namespace, directory(context));
        }
        Shared.Kind kind = AnnotationSupport.findAnnotation(parameter, Shared.class).orElseThrow().value();
        if (isAlone(context)) {
            suite.pool.keepOnly(kind.architecture());
        }
        Release release = whole(suite, kind, directory(context));
        given(context).add(new Given(release.namespace(), () -> suite.pool.giveBack(kind, release)));
        ready(suite, context);
        return of(release, kind);
    }

    /** What is still going away takes from a trial what it measures with. */
    private static void ready(Suite suite, ExtensionContext context) {
        if (isAlone(context)) {
            suite.pool.awaitGone();
        }
    }

    private static boolean isAlone(ExtensionContext context) {
        return !context.getTags().contains("together");
    }

    /** What one test has broken for good is its failure, not that of all that come after it. */
    private static Release whole(Suite suite, Shared.Kind kind, Path directory) {
        Release release = suite.pool.take(kind);
        try {
            awaitWhole(release, kind);
            return release;
        } catch (ConditionTimeoutException broken) {
            System.out.println("the shared release is broken, installing it again: " + broken.getMessage());
            suite.cluster.dump(release.namespace(), directory.resolve("before"));
            suite.pool.discard(release.namespace());
            Release next = suite.pool.take(kind);
            awaitWhole(next, kind);
            return next;
        }
    }

    private static void awaitWhole(Release release, Shared.Kind kind) {
        switch (of(release, kind)) {
            case PeersRelease peers -> peers.joinedByOthers().awaitOneRing();
            case ClusterRelease shards -> shards.awaitWhole();
            case Release plain -> plain.awaitWhole();
            default -> throw new IllegalStateException(kind.toString());
        }
    }

    private static Object of(Release release, Shared.Kind kind) {
        return kind.isPeers() ? new PeersRelease(release, 5) : kind.isCluster() ? new ClusterRelease(release, 3, 1) : release;
    }

    @Override
    public void interceptTestMethod(Invocation<Void> first, ReflectiveInvocationContext<Method> test, ExtensionContext context) throws Throwable {
        TooSlow.median(first::proceed, slow -> note(slow, context), () -> {
            suite(context).lab.heal();
            giveBack(context);
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
        given(context).forEach(given -> suite(context).cluster.dump(given.namespace(), directory));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Suite suite = suite(context);
        suite.lab.heal();
        giveBack(context);
    }

    private static void giveBack(ExtensionContext context) {
        given(context).forEach(given -> given.back().run());
        given(context).clear();
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
    private static List<Given> given(ExtensionContext context) {
        return context.getStore(HERE).computeIfAbsent("given", key -> new ArrayList<Given>(), List.class);
    }

    /** To one test, until it ends. */
    private record Given(String namespace, Runnable back) {}
}
