package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmConstraints;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API server, spoken to as the pod's service account: fabric8's transport, TLS and authentication under plain JSON trees.
 *
 * <p>Objects stay trees: every model class that is loaded costs memory in every pod for ever. Nothing is sent twice: whether a
 * write may be repeated only its caller knows. HTTP/1.1, because a request that times out then takes its connection with it;
 * over HTTP/2 all later ones would wait on the same dead connection until TCP gives up, minutes after the network is back.
 */
public final class KubeClient implements AutoCloseable {

    static final JsonMapper JSON = new JsonMapper();
    static final String MERGE_PATCH = "application/merge-patch+json";

    private static final Logger LOG = LoggerFactory.getLogger(KubeClient.class);
    /** Elsewhere only when the image's AOT cache is trained, without a cluster. */
    private static final Path SERVICE_ACCOUNT = Path.of(System.getProperty("redisha.serviceaccount", "/var/run/secrets/kubernetes.io/serviceaccount"));

    private final Supplier<Config> configuration;
    private final String namespace;
    private final Duration timeout;
    private final Ticker ticker;

    private CompletableFuture<Transport> transport;
    /** Null once the server has refused what they allow: it (FIPS) may want another key exchange. */
    private AlgorithmConstraints constraints;

    /** What came back. {@code body} is never null; a list or object, a Status if it failed. */
    record Answer(int code, JsonNode body) {

        boolean ok() {
            return code / 100 == 2;
        }

        /** For a person. */
        String why() {
            String message = body.path("message").asText("");
            return message.isEmpty() ? "HTTP " + code : message;
        }

        String version() {
            return body.path("metadata").path("resourceVersion").asText("");
        }
    }

    /** What a watch tells, each on a thread of the transport. */
    interface Stream {
        /** First, if the API server lets it begin. */
        void opened();

        void line(byte[] json);

        /**
         * Once, last.
         *
         * @param code of the API server's refusal, 0 for any other end
         */
        void ended(int code, String why);
    }

    /** An open watch. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    private record Transport(HttpClient http, String server) {}

    /**
     * The cluster that this pod runs in. Returns at once: the client is loaded with the first call, on a thread of its own.
     *
     * @param timeout of one request: at most the renew interval (rule L6)
     * @param env     usually {@code System::getenv}
     */
    public static KubeClient inCluster(Duration timeout, UnaryOperator<String> env) {
        return new KubeClient(() -> serviceAccount(SERVICE_ACCOUNT, env), namespace(env), timeout, new OneGroup(), Ticker.SYSTEM);
    }

    /**
     * @param quick  what TLS offers at first
     * @param ticker by which all that ask through this client tell the time
     */
    KubeClient(Supplier<Config> configuration, String namespace, Duration timeout, AlgorithmConstraints quick, Ticker ticker) {
        this.configuration = configuration;
        this.namespace = namespace;
        this.timeout = timeout;
        this.constraints = quick;
        this.ticker = ticker;
    }

    private static String namespace(UnaryOperator<String> env) {
        String given = env.apply("POD_NAMESPACE");
        if (given != null && !given.isBlank()) {
            return given;
        }
        try {
            return Files.readString(SERVICE_ACCOUNT.resolve("namespace")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("no namespace: neither POD_NAMESPACE is set nor a service account mounted", e);
        }
    }

    /**
     * Not fabric8's own look-around: that reads a kubeconfig first, and needs a YAML library for it. The token is read for each
     * request, two a second at most: the kubelet replaces the file before it expires.
     */
    private static Config serviceAccount(Path mount, UnaryOperator<String> env) {
        String host = env.apply("KUBERNETES_SERVICE_HOST");
        if (host == null || !Files.isReadable(mount.resolve("token"))) {
            throw new IllegalStateException("no service account in " + mount + " or no KUBERNETES_SERVICE_HOST: not in a cluster?");
        }
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + env.apply("KUBERNETES_SERVICE_PORT"))
                .withCaCertFile(mount.resolve("ca.crt").toString())
                .withOauthTokenProvider(() -> token(mount.resolve("token")))
                .build();
    }

    private static String token(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String namespace() {
        return namespace;
    }

    Ticker ticker() {
        return ticker;
    }

    /** Of one object, or of all of a kind if {@code name} is null. */
    String path(String groupVersion, String plural, String name) {
        return (groupVersion.contains("/") ? "/apis/" : "/api/") + groupVersion + "/namespaces/" + namespace + "/" + plural
                + (name == null ? "" : "/" + name);
    }

    CompletableFuture<Answer> get(String path) {
        return send("GET", path, null, null);
    }

    CompletableFuture<Answer> post(String path, ObjectNode body) {
        return send("POST", path, "application/json", body);
    }

    CompletableFuture<Answer> put(String path, ObjectNode body) {
        return send("PUT", path, "application/json", body);
    }

    CompletableFuture<Answer> patch(String path, ObjectNode body) {
        return send("PATCH", path, MERGE_PATCH, body);
    }

    /** Done within the time-out once the client is loaded, come what may; exceptionally if there was no answer. */
    CompletableFuture<Answer> send(String method, String path, String contentType, ObjectNode body) {
        return connected(one -> {
            HttpRequest.Builder request = one.http.newHttpRequestBuilder().uri(one.server + path)
                    .header("Accept", "application/json").timeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
            request.method(method, contentType, body == null ? null : body.toString());
            // The transport's own time-out ends with the head of the answer.
            return inTime(one.http.sendAsync(request.build(), byte[].class));
        }).thenApply(response -> new Answer(response.code(), tree(response.body())));
    }

    /** Holds several requests to the time of one. */
    <T> CompletableFuture<T> inTime(Supplier<CompletableFuture<T>> all) {
        return transport().thenCompose(loaded -> inTime(all.get()));
    }

    private <T> CompletableFuture<T> inTime(CompletableFuture<T> one) {
        return ticker.limit(one, timeout);
    }

    /** Follows a path with {@code watch=1} in it until it ends or is closed. */
    Watch watch(String path, Stream to) {
        Lines lines = new Lines(to);
        CompletableFuture<HttpResponse<AsyncBody>> opened = connected(one -> one.http.consumeBytes(
                one.http.newHttpRequestBuilder().uri(one.server + path).header("Accept", "application/json").forStreaming().build(),
                (chunk, body) -> {
                    chunk.forEach(lines::add);
                    body.consume();
                }));
        opened.whenComplete((response, problem) -> {
            if (problem != null) {
                to.ended(0, why(problem));
            } else if (!response.isSuccessful()) {
                response.body().cancel();
                to.ended(response.code(), "HTTP " + response.code());
            } else {
                to.opened();
                response.body().done().whenComplete((done, broken) -> to.ended(0, broken == null ? "closed by the server" : why(broken)));
                response.body().consume();
            }
        });
        // Also one that is answered only later: a forgotten watch would hold its connection.
        return () -> opened.thenAccept(response -> response.body().cancel());
    }

    private interface Request<T> {
        CompletableFuture<T> on(Transport transport);
    }

    private <T> CompletableFuture<T> connected(Request<T> request) {
        CompletableFuture<Transport> used = transport();
        return used.thenCompose(request::on).exceptionallyCompose(problem -> refused(problem) && retreat(used)
                ? transport().thenCompose(request::on)
                : CompletableFuture.failedFuture(problem));
    }

    private synchronized CompletableFuture<Transport> transport() {
        if (transport == null || transport.isCompletedExceptionally()) {
            AlgorithmConstraints offered = constraints;
            transport = CompletableFuture.supplyAsync(() -> load(offered),
                    task -> Thread.ofPlatform().daemon().name("kube-client").start(task));
        }
        return transport;
    }

    private Transport load(AlgorithmConstraints offered) {
        int limit = Math.toIntExact(timeout.toMillis());
        Config config = new ConfigBuilder(configuration.get())
                .withHttp2Disable(true).withOnlyHttpWatches(true).withConnectionTimeout(limit).withRequestTimeout(limit)
                .withRequestRetryBackoffLimit(0).withUserAgent("redis-ha").build();
        return new Transport(new Factory(offered).newBuilder(config).build(), config.getMasterUrl().replaceFirst("/$", ""));
    }

    /** True if another transport than this one should be tried. */
    private synchronized boolean retreat(CompletableFuture<Transport> used) {
        if (transport == used && constraints != null) {
            LOG.debug("the API server refuses the TLS handshake: offering it all groups");
            constraints = null;
            transport = null;
        }
        return transport != used;
    }

    /** A handshake that failed before any certificate was judged. */
    private static boolean refused(Throwable problem) {
        boolean handshake = false;
        for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
            if (cause instanceof java.security.cert.CertificateException || cause instanceof java.security.cert.CertPathValidatorException) {
                return false;
            }
            handshake |= cause instanceof SSLHandshakeException;
        }
        return handshake;
    }

    private static JsonNode tree(byte[] body) {
        try {
            JsonNode read = body == null || body.length == 0 ? null : JSON.readTree(body);
            return read == null ? MissingNode.getInstance() : read;
        } catch (IOException e) {
            // A proxy's HTML, usually; the code says enough.
            return MissingNode.getInstance();
        }
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** For a person. */
    static String why(Throwable problem) {
        Throwable cause = problem;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof TimeoutException || cause instanceof java.net.http.HttpTimeoutException) {
            return "no answer in time";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    @Override
    public synchronized void close() {
        if (transport != null) {
            transport.thenAccept(one -> one.http.close());
        }
    }

    private static final class Factory extends JdkHttpClientFactory {

        private final AlgorithmConstraints constraints;

        Factory(AlgorithmConstraints constraints) {
            this.constraints = constraints;
        }

        @Override
        protected void additionalConfig(java.net.http.HttpClient.Builder builder) {
            if (constraints != null) {
                SSLParameters tls = new SSLParameters(null, new String[] {"TLSv1.3", "TLSv1.2"});
                tls.setAlgorithmConstraints(constraints);
                builder.sslParameters(tls);
            }
        }
    }

    /** Cuts bytes, not characters, into lines: a chunk may end inside a character. */
    private static final class Lines {

        private final Stream to;
        private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

        Lines(Stream to) {
            this.to = to;
        }

        void add(ByteBuffer chunk) {
            while (chunk.hasRemaining()) {
                byte next = chunk.get();
                if (next != '\n') {
                    begun.write(next);
                } else if (begun.size() > 0) {
                    to.line(begun.toByteArray());
                    begun.reset();
                }
            }
        }
    }
}
