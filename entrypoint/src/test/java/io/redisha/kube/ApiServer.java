package io.redisha.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.awaitility.Awaitility;

/** fabric8's mock server, which remembers what it was asked and can be told to misbehave. */
final class ApiServer implements AutoCloseable {

    /** By the clock on the wall no test gets there. */
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Method and path without namespace prefix, as asked. */
    final List<String> asked = new CopyOnWriteArrayList<>();
    /** Null = answer as a real one would. */
    volatile Function<RecordedRequest, MockResponse> instead = request -> null;

    private static final Logger CHATTER = Logger.getLogger("io.fabric8.mockwebserver");

    final FakeTicker ticker = new FakeTicker();

    private final KubernetesMockServer server;

    ApiServer() {
        CHATTER.setLevel(Level.WARNING);
        KubernetesCrudDispatcher crud = new KubernetesCrudDispatcher() {
            @Override
            public MockResponse dispatch(RecordedRequest request) {
                asked.add(request.getMethod() + " " + request.getPath().replaceFirst(".*/namespaces/ns/", ""));
                MockResponse answer = instead.apply(request);
                return answer != null ? answer : super.dispatch(request);
            }
        };
        server = new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), crud, false);
        server.init(InetAddress.getLoopbackAddress(), 0);
    }

    KubeClient client() {
        Config config = new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:" + server.getPort() + "/").build();
        KubeClient client = new KubeClient(() -> config, "ns", TIMEOUT, new OneGroup(), ticker);
        // The first request of a JVM loads so much that on a busy machine it can be late by itself.
        until(() -> client.get("/warm-up").handle((answer, problem) -> answer != null).join());
        asked.clear();
        return client;
    }

    static void until(Callable<Boolean> condition) {
        Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10)).until(condition);
    }

    /** As the admission plugin OwnerReferencesPermissionEnforcement does to who may not delete the object. */
    static boolean givesOwner(RecordedRequest request, String uid) {
        return request.getMethod().equals("PUT") && new String(request.getBody().getBytes(), StandardCharsets.UTF_8).contains("\"uid\":\"" + uid + "\"");
    }

    static MockResponse status(int code) {
        return new MockResponse().setResponseCode(code).setBody("{\"kind\":\"Status\",\"message\":\"because " + code + "\"}");
    }

    /** The answer to a call of a port, which comes on its executor. */
    static final class Answers<T> {

        private final BlockingQueue<T> queue = new LinkedBlockingQueue<>();

        void got(T answer) {
            queue.add(answer);
        }

        T next() throws InterruptedException {
            T answer = queue.poll(5, TimeUnit.SECONDS);
            if (answer == null) {
                throw new AssertionError("no answer");
            }
            return answer;
        }

        boolean none() {
            return queue.isEmpty();
        }
    }

    @Override
    public void close() {
        server.destroy();
    }
}
