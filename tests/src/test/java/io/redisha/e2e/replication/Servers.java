package io.redisha.e2e.replication;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.Release;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What the agents have said of their servers' ends. */
final class Servers {

    private static final Pattern END = Pattern.compile("killed its server|has lost its server|, killing it|did not end within|does not start");

    private Servers() {}

    /** Since the containers were started. */
    static List<String> ends(Release release) {
        List<String> said = new ArrayList<>();
        for (Pod pod : release.pods()) {
            release.cluster().kubectl("-n", release.namespace(), "logs", pod.getMetadata().getName(), "-c", "redis").orThrow().out().lines()
                    .filter(line -> END.matcher(line).find()).map(line -> pod.getMetadata().getName() + ": " + line).forEach(said::add);
            if (Release.restarts(pod) > 0) {
                said.add(pod.getMetadata().getName() + ": its container was restarted " + Release.restarts(pod) + " times");
            }
        }
        return said;
    }
}
