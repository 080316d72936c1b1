package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.kube.KubeClient.Answer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The StatefulSet that owns this pod, and through it the objects that are made at run time: they go when the release is
 * uninstalled. Always as the watch last showed it: an object whose owner's UID is no more would be collected at once.
 *
 * <p>An owner is an extra. Where the admission plugin OwnerReferencesPermissionEnforcement runs (OpenShift), nobody changes the owner of what they
 * may not delete, and after the StatefulSet was made again each write would be such a change.
 */
final class Owner {

    private static final Logger LOG = LoggerFactory.getLogger(Owner.class);
    private static final String OWNERS = "ownerReferences";

    /** After that it is tried again: what was refused once, by a webhook that was being rolled out or a right that came late, need not be for good. */
    static final Duration AGAIN = Duration.ofMinutes(10);

    private record Unwelcome(ArrayNode owner, long since) {}

    private final Ticker ticker;
    private volatile ArrayNode reference;
    /** By the name of an object: the owner that it could not be given. */
    private final Map<String, Unwelcome> unwelcome = new ConcurrentHashMap<>();

    Owner(Ticker ticker) {
        this.ticker = ticker;
    }

    /** @param pod this pod */
    void seen(JsonNode pod) {
        ArrayNode found = KubeClient.JSON.createArrayNode();
        for (JsonNode owner : pod.path("metadata").path(OWNERS)) {
            if (owner.path("controller").asBoolean()) {
                ObjectNode one = found.addObject();
                for (String field : new String[] {"apiVersion", "kind", "name", "uid"}) {
                    one.set(field, owner.path(field));
                }
            }
        }
        reference = found;
    }

    /** Null if this pod has not been seen yet. */
    ArrayNode reference() {
        return reference;
    }

    /** True if it had to be changed. */
    boolean stamp(ObjectNode object) {
        ArrayNode wanted = reference;
        ObjectNode metadata = object.withObject("/metadata");
        if (wanted == null || wanted.equals(metadata.path(OWNERS)) || wanted.isEmpty() && !metadata.has(OWNERS) || isUnwelcome(name(object), wanted)) {
            return false;
        }
        own(metadata, wanted);
        return true;
    }

    /**
     * Writes an object with its owner, and at once again with the owners that it has if that is refused.
     *
     * @param before the object as it is, null if there is none
     * @param send   the write, which is conditional
     */
    CompletableFuture<Answer> write(ObjectNode object, JsonNode before, Function<ObjectNode, CompletableFuture<Answer>> send) {
        stamp(object);
        ArrayNode given = object.path("metadata").path(OWNERS) instanceof ArrayNode owners ? owners : KubeClient.JSON.createArrayNode();
        ArrayNode had = before != null && before.path("metadata").path(OWNERS) instanceof ArrayNode owners ? owners : KubeClient.JSON.createArrayNode();
        if (given.equals(had)) {
            return send.apply(object);
        }
        return send.apply(object).thenCompose(answer -> {
            if (answer.code() != 403 && answer.code() != 422) {
                return CompletableFuture.completedFuture(answer);
            }
            ObjectNode plain = object.deepCopy();
            own(plain.withObject("/metadata"), had);
            return send.apply(plain).thenApply(second -> {
                if (second.ok()) {
                    refused(name(object), given, answer.why());
                }
                return second;
            });
        });
    }

    private boolean isUnwelcome(String name, ArrayNode owner) {
        Unwelcome known = unwelcome.get(name);
        return known != null && known.owner().equals(owner) && ticker.now() - known.since() < AGAIN.toNanos();
    }

    private void refused(String name, ArrayNode owner, String why) {
        if (unwelcome.put(name, new Unwelcome(owner, ticker.now())) == null) {
            LOG.warn("{} cannot be given its owner, the StatefulSet, and will be left when that is deleted: {}", name, why);
        }
    }

    private static void own(ObjectNode metadata, ArrayNode owners) {
        if (owners.isEmpty()) {
            metadata.remove(OWNERS);
        } else {
            metadata.set(OWNERS, owners);
        }
    }

    private static String name(ObjectNode object) {
        return object.path("kind").asText() + " " + object.path("metadata").path("name").asText();
    }
}
