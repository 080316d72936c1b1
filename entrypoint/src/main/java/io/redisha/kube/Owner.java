package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The StatefulSet that owns this pod, and through it the objects that are made at run time: they go when the release is
 * uninstalled. Always as the watch last showed it: an object whose owner's UID is no more would be collected at once.
 */
final class Owner {

    private volatile ArrayNode reference;

    /** @param pod this pod */
    void seen(JsonNode pod) {
        ArrayNode found = KubeClient.JSON.createArrayNode();
        for (JsonNode owner : pod.path("metadata").path("ownerReferences")) {
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
    boolean stamp(ObjectNode metadata) {
        ArrayNode wanted = reference;
        if (wanted == null || wanted.equals(metadata.path("ownerReferences")) || wanted.isEmpty() && !metadata.has("ownerReferences")) {
            return false;
        }
        if (wanted.isEmpty()) {
            metadata.remove("ownerReferences");
        } else {
            metadata.set("ownerReferences", wanted);
        }
        return true;
    }
}
