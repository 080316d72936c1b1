import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PfxOptions;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of a Kubernetes API server as the agent meets: objects in memory, resource versions, watches. fabric8's own
 * mock speaks no watches over plain HTTP, and what is not spoken in training is missing in the cache. It checks no
 * permission and no schema.
 */
final class ApiServer {

    private static final Pattern PATH =
            Pattern.compile("(/apis?/(?:[^/]+/)?v[^/]+)(/namespaces/[^/]+)?/([a-z]+)(?:/([^/]+))?");
    private static final Map<String, String> KINDS = Map.of(
            "pods", "Pod", "leases", "Lease", "events", "Event", "secrets", "Secret",
            "statefulsets", "StatefulSet", "endpointslices", "EndpointSlice");

    private record Watcher(String collection, String selector, HttpServerResponse response) {}

    private record Failure(int code, String reason) {}

    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, ObjectNode> objects = new ConcurrentSkipListMap<>();
    private final List<Watcher> watchers = new ArrayList<>();
    private final Vertx vertx = Vertx.vertx();
    private long version = 1;

    /**
     * Serves on a free port of 127.0.0.1, and returns it. Like the real one it asks for a client certificate, which the
     * agent has not, and prefers the smaller cipher.
     */
    int start(Path keyStore, String password) throws Exception {
        var keys = new PfxOptions().setPath(keyStore.toString()).setPassword(password);
        var options = new HttpServerOptions()
                .setSsl(true)
                .setClientAuth(ClientAuth.REQUEST)
                .addEnabledCipherSuite("TLS_AES_128_GCM_SHA256")
                .setKeyCertOptions(keys)
                .setTrustOptions(keys);
        return vertx.createHttpServer(options)
                .requestHandler(request -> request.bodyHandler(body -> answer(request, body)))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get()
                .actualPort();
    }

    void stop() {
        vertx.close();
    }

    synchronized void put(String path, String object) {
        try {
            store(path, (ObjectNode) json.readTree(object));
        } catch (Exception e) {
            throw new IllegalArgumentException(object, e);
        }
    }

    JsonNode get(String path) {
        JsonNode found = objects.get(path);
        return found == null ? json.missingNode() : found;
    }

    private synchronized void answer(HttpServerRequest request, Buffer body) {
        try {
            Matcher path = PATH.matcher(request.path());
            if (!path.matches()) {
                send(request, 404, status(new Failure(404, "NotFound")));
            } else if (path.group(4) == null && request.getParam("watch") != null) {
                watch(request);
            } else {
                Object answer = object(request, path, body);
                boolean failed = answer instanceof Failure;
                send(request, answer instanceof Failure failure ? failure.code() : 200,
                        failed ? status((Failure) answer) : (JsonNode) answer);
            }
        } catch (Exception e) {
            e.printStackTrace();
            send(request, 500, status(new Failure(500, "InternalError")));
        }
    }

    private Object object(HttpServerRequest request, Matcher path, Buffer body) throws Exception {
        String at = request.path();
        ObjectNode old = objects.get(at);
        switch (request.method().name()) {
            case "GET" -> {
                return path.group(4) == null ? list(request) : old == null ? new Failure(404, "NotFound") : old;
            }
            case "POST" -> {
                ObjectNode created = (ObjectNode) json.readTree(body.getBytes());
                String key = at + "/" + created.path("metadata").path("name").asText();
                return objects.containsKey(key) ? new Failure(409, "AlreadyExists") : store(key, created);
            }
            case "PUT" -> {
                ObjectNode updated = (ObjectNode) json.readTree(body.getBytes());
                String expected = updated.path("metadata").path("resourceVersion").asText("");
                if (old == null) {
                    return new Failure(404, "NotFound");
                }
                boolean stale = !expected.isEmpty() && !expected.equals(versionOf(old));
                return stale ? new Failure(409, "Conflict") : store(at, updated);
            }
            case "PATCH" -> {
                return old == null
                        ? new Failure(404, "NotFound")
                        : store(at, merge(old.deepCopy(), json.readTree(body.getBytes())));
            }
            case "DELETE" -> {
                if (old == null) {
                    return new Failure(404, "NotFound");
                }
                objects.remove(at);
                tell("DELETED", at, old);
                return old;
            }
            default -> {
                return new Failure(405, "MethodNotAllowed");
            }
        }
    }

    private ObjectNode store(String path, ObjectNode object) {
        ObjectNode old = objects.get(path);
        ObjectNode metadata = object.withObjectProperty("metadata");
        metadata.put("uid", old == null ? UUID.randomUUID().toString() : old.path("metadata").path("uid").asText());
        metadata.put("creationTimestamp", Instant.EPOCH.toString());
        metadata.put("resourceVersion", Long.toString(++version));
        objects.put(path, object);
        tell(old == null ? "ADDED" : "MODIFIED", path, object);
        return object;
    }

    private JsonNode list(HttpServerRequest request) {
        String kind = KINDS.getOrDefault(last(request.path()), "");
        ObjectNode list = json.createObjectNode().put("kind", kind + "List").put("apiVersion", "v1");
        list.putObject("metadata").put("resourceVersion", Long.toString(version));
        var items = list.putArray("items");
        objects.forEach((path, object) -> {
            if (within(request.path(), path) && selected(request.getParam("fieldSelector"), object)) {
                items.add(object);
            }
        });
        return list;
    }

    private void watch(HttpServerRequest request) {
        var watcher = new Watcher(request.path(), request.getParam("fieldSelector"), request.response());
        watcher.response().setChunked(true).putHeader("Content-Type", "application/json");
        watcher.response().closeHandler(closed -> forget(watcher));
        String since = request.getParam("resourceVersion");
        watchers.add(watcher);
        objects.forEach((path, object) -> {
            if (since == null || Long.parseLong(versionOf(object)) > Long.parseLong(since)) {
                tell(watcher, "ADDED", path, object);
            }
        });
        // Headers go with the first bytes: a watch without an event must be seen to be open.
        watcher.response().write("");
    }

    private synchronized void forget(Watcher watcher) {
        watchers.remove(watcher);
    }

    private void tell(String type, String path, ObjectNode object) {
        watchers.forEach(watcher -> tell(watcher, type, path, object));
    }

    private void tell(Watcher watcher, String type, String path, ObjectNode object) {
        if (within(watcher.collection(), path) && selected(watcher.selector(), object)) {
            ObjectNode event = json.createObjectNode().put("type", type);
            event.set("object", object);
            watcher.response().write(event + "\n");
        }
    }

    private static boolean within(String collection, String path) {
        return path.substring(0, path.lastIndexOf('/')).equals(collection);
    }

    private static boolean selected(String selector, ObjectNode object) {
        return selector == null
                || selector.equals("metadata.name=" + object.path("metadata").path("name").asText());
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String versionOf(JsonNode object) {
        return object.path("metadata").path("resourceVersion").asText();
    }

    /** RFC 7396. */
    private static ObjectNode merge(ObjectNode target, JsonNode patch) {
        patch.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isNull()) {
                target.remove(field.getKey());
            } else if (value.isObject()) {
                target.set(field.getKey(), merge(target.withObjectProperty(field.getKey()), value));
            } else {
                target.set(field.getKey(), value);
            }
        });
        return target;
    }

    private ObjectNode status(Failure failure) {
        return json.createObjectNode()
                .put("kind", "Status")
                .put("apiVersion", "v1")
                .put("status", "Failure")
                .put("reason", failure.reason())
                .put("message", failure.reason())
                .put("code", failure.code());
    }

    private static void send(HttpServerRequest request, int code, JsonNode answer) {
        String text = answer.toString();
        var response = request.response().setStatusCode(code).putHeader("Content-Type", "application/json");
        // As Go does: what is longer than its buffer comes in chunks.
        response.setChunked(text.length() > 2048).end(text);
    }
}
