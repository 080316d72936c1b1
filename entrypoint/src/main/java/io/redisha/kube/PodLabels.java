package io.redisha.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.kube.KubeClient.Answer;
import io.redisha.model.MemberId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Labels of pods, brought to what is wanted by patches with a condition; what is as wanted already costs none. */
final class PodLabels {

    private static final Logger LOG = LoggerFactory.getLogger(PodLabels.class);

    private final KubeClient kube;
    private final PodWatch pods;
    private boolean refused;

    PodLabels(KubeClient kube, PodWatch pods) {
        this.kube = kube;
        this.pods = pods;
    }

    /** What of {@code wanted} the pod does not show yet; a null value takes a label away. */
    static Map<String, String> missing(Map<String, String> wanted, Map<String, String> shown) {
        Map<String, String> missing = new TreeMap<>(wanted);
        missing.entrySet().removeIf(label -> label.getValue() == null ? !shown.containsKey(label.getKey()) : label.getValue().equals(shown.get(label.getKey())));
        return missing;
    }

    /** This pod's own. The UID is the condition: a force-deleted pod that still runs must not label its namesake. */
    CompletableFuture<Answer> own(MemberId self, Map<String, String> labels) {
        return patch(self, null, labels);
    }

    /** Another's, on the version seen: if that pod has got another role since, this is what must not happen. */
    CompletableFuture<Answer> other(PodWatch.Known pod, Map<String, String> labels) {
        return patch(pod.pod().id(), pod.version(), labels);
    }

    private CompletableFuture<Answer> patch(MemberId pod, String version, Map<String, String> labels) {
        ObjectNode patch = KubeClient.JSON.createObjectNode();
        ObjectNode metadata = patch.putObject("metadata").put("uid", pod.uid());
        if (version != null) {
            metadata.put("resourceVersion", version);
        }
        ObjectNode put = metadata.putObject("labels");
        labels.forEach(put::put);
        return kube.patch(kube.path("v1", "pods", pod.pod()), patch);
    }

    /** In the thread of the orders: takes the answers as they come, until another order is given. */
    <O> void finish(List<CompletableFuture<Answer>> patches, Newest<O> orders, O order) throws InterruptedException {
        for (CompletableFuture<Answer> patch : patches) {
            Answer answer = orders.await(patch, order);
            if (answer == null) {
                return;
            }
            if (answer.ok()) {
                pods.patched(answer.body());
                if (refused) {
                    LOG.info("pod labels can be written again");
                }
                refused = false;
            } else if (answer.code() != 409 && answer.code() != 404) {
                if (!refused) {
                    LOG.warn("pod labels cannot be written: {}", answer.why());
                }
                refused = true;
            }
        }
    }
}
