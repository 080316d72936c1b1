package io.redisha.model;

import java.util.Map;
import java.util.Set;

/**
 * A pod of the release as the API server last told.
 *
 * @param ip         null before it has one
 * @param deadIncarnations incarnations that the pod's status proves to be terminated (rule L9b)
 * @param ready      the pod's Ready condition
 * @param ran       false: its container has never been started, for an image that is not to be had, say
 * @param homeless  why no node takes it, in the scheduler's words; "" if one has
 * @param revision   label controller-revision-hash, "" if missing
 */
public record PodView(MemberId id, String ip, String node, boolean terminating, boolean ready, String revision,
        Map<String, String> labels, Set<String> deadIncarnations, boolean ran, String homeless) {

    public PodView(MemberId id, String ip, String node, boolean terminating, boolean ready, String revision, Map<String, String> labels, Set<String> deadIncarnations) {
        this(id, ip, node, terminating, ready, revision, labels, deadIncarnations, true, "");
    }
}
