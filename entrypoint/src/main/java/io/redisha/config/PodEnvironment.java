package io.redisha.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What the downward API says of this pod.
 *
 * @param hostIp address of the pod's node, null if not given: only a node port needs it
 */
public record PodEnvironment(String pod, String uid, String ip, String namespace, String node, String hostIp) {

    /** @param env usually {@code System::getenv} */
    public static PodEnvironment read(UnaryOperator<String> env) throws Invalid {
        List<String> problems = new ArrayList<>();
        PodEnvironment found = new PodEnvironment(
                required(env, "POD_NAME", "metadata.name", problems),
                required(env, "POD_UID", "metadata.uid", problems),
                required(env, "POD_IP", "status.podIP", problems),
                required(env, "POD_NAMESPACE", "metadata.namespace", problems),
                required(env, "NODE_NAME", "spec.nodeName", problems),
                optional(env, "HOST_IP"));
        if (!problems.isEmpty()) {
            throw new Invalid(problems);
        }
        return found;
    }

    private static String required(UnaryOperator<String> env, String name, String field, List<String> problems) {
        String value = env.apply(name);
        if (value == null || value.isBlank()) {
            problems.add(name + " is not set: the container's env must take it from the downward API (fieldRef " + field + ")");
            return "";
        }
        return value;
    }

    private static String optional(UnaryOperator<String> env, String name) {
        String value = env.apply(name);
        return value == null || value.isBlank() ? null : value;
    }
}
