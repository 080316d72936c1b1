package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.kube.KubeClient.Answer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;

/** The Secret with the release's password: created if there is none. The password is never changed and never read out. */
public final class KubeSecret implements AutoCloseable {

    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int LENGTH = 32;
    /** A hook has time, and its pod's network may not be up yet. */
    private static final Duration REQUEST = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** kubectl applies the Role and this pod in one go, and the API server learns of a Role a moment after it has stored it. */
    private static final Duration RIGHTS = Duration.ofSeconds(10);

    private final KubeClient kube;

    /** @param there the Secret exists and holds the key, as far as can be seen */
    public record Outcome(boolean there, String message) {}

    /**
     * What others know the Secret by.
     *
     * @param former labels of a Secret that an earlier version made; where all of them are found, they give way to the other two
     */
    public record Marks(Map<String, String> labels, Map<String, String> annotations, Map<String, String> former) {}

    public KubeSecret(UnaryOperator<String> env) {
        this(KubeClient.inCluster(REQUEST, env));
    }

    KubeSecret(KubeClient kube) {
        this.kube = kube;
    }

    /** Tries again as long as the API server gives no answer that settles it. */
    public Outcome ensure(String name, String key, Marks marks, Duration limit) throws InterruptedException {
        ObjectNode secret = secret(name, key, marks);
        long start = kube.ticker().now();
        long end = start + limit.toNanos();
        long allowed = start + Math.min(limit.toNanos(), RIGHTS.toNanos());
        while (true) {
            String why;
            try {
                Answer answer = kube.post(kube.path("v1", "secrets", null), secret).join();
                if (answer.ok() && answer.body().isObject()) {
                    return new Outcome(true, "Secret " + name + " created with a random " + key);
                }
                if (answer.code() == 409) {
                    // Perhaps by our own try that was not answered: it is as good.
                    return existing(name, key, marks);
                }
                boolean soon = answer.code() == 429 || answer.code() == 403 && kube.ticker().now() - allowed < 0;
                if (answer.code() / 100 == 4 && !soon) {
                    return new Outcome(false, "Secret " + name + " cannot be created: " + answer.why());
                }
                why = answer.why();
            } catch (CompletionException e) {
                if (e.getCause() instanceof IllegalStateException hopeless) {
                    return new Outcome(false, "Secret " + name + " cannot be created: " + hopeless.getMessage());
                }
                why = KubeClient.why(e);
            }
            if (kube.ticker().now() - end > 0) {
                return new Outcome(false, "Secret " + name + " cannot be created: the API server cannot be reached: " + why);
            }
            kube.ticker().sleep(PAUSE);
        }
    }

    private Outcome existing(String name, String key, Marks marks) {
        Answer found = kube.get(kube.path("v1", "secrets", name)).join();
        if (!found.ok() || !found.body().isObject()) {
            return new Outcome(true, "Secret " + name + " exists and is left as it is (its key " + key + " could not be checked: " + found.why() + ")");
        }
        if (found.body().path("data").path(key).asText("").isEmpty()) {
            return new Outcome(false, "Secret " + name + " exists but has no key " + key + ": add the key, or delete the Secret to have it created");
        }
        if (!isOfAnEarlierVersion(found.body(), marks)) {
            return new Outcome(true, "Secret " + name + " exists and is left as it is");
        }
        Answer marked = kube.patch(kube.path("v1", "secrets", name), change(marks)).join();
        return new Outcome(true, marked.ok() ? "Secret " + name + " exists; its password is kept, its labels are those of this version now"
                : "Secret " + name + " exists and is left as it is (its labels could not be changed: " + marked.why() + ")");
    }

    /** Not by its name alone: a person's Secret may have that, and its labels are theirs. */
    private static boolean isOfAnEarlierVersion(JsonNode secret, Marks marks) {
        JsonNode labels = secret.path("metadata").path("labels");
        return !marks.former.isEmpty() && marks.former.entrySet().stream().allMatch(label -> label.getValue().equals(labels.path(label.getKey()).asText(null)));
    }

    private static ObjectNode change(Marks marks) {
        ObjectNode change = KubeClient.JSON.createObjectNode();
        ObjectNode metadata = change.putObject("metadata");
        ObjectNode labels = metadata.putObject("labels");
        marks.former.keySet().forEach(labels::putNull);
        marks.labels.forEach(labels::put);
        marks.annotations.forEach(metadata.putObject("annotations")::put);
        return change;
    }

    private ObjectNode secret(String name, String key, Marks marks) {
        ObjectNode secret = KubeClient.JSON.createObjectNode();
        secret.put("apiVersion", "v1").put("kind", "Secret").put("type", "Opaque");
        ObjectNode metadata = secret.putObject("metadata").put("name", name).put("namespace", kube.namespace());
        marks.labels.forEach(metadata.putObject("labels")::put);
        marks.annotations.forEach(metadata.putObject("annotations")::put);
        secret.putObject("data").put(key, Base64.getEncoder().encodeToString(password().getBytes(StandardCharsets.US_ASCII)));
        return secret;
    }

    private static String password() {
        StringBuilder password = new StringBuilder(LENGTH);
        new SecureRandom().ints(LENGTH, 0, ALPHABET.length()).forEach(i -> password.append(ALPHABET.charAt(i)));
        return password.toString();
    }

    @Override
    public void close() {
        kube.close();
    }
}
