package io.redisha.decide.sentinel;

import io.redisha.decide.sentinel.Forgetting.Wanted;
import io.redisha.model.MemberId;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** Where the sentinels' views differ from what should be, in words. */
public final class Differences {

    private Differences() {}

    /** @param quorum as it should be */
    public static List<String> of(Collection<SentinelView> views, Belief belief, Wanted w, int quorum) {
        List<String> found = new ArrayList<>();
        if (belief == null) {
            found.add("no majority of the " + w.watchers() + " sentinels names a master");
        } else if (belief.pod() == null) {
            found.add("the sentinels name " + belief.master() + ", which is no pod of this release");
        }
        for (SentinelView v : views) {
            if (!v.answering()) {
                found.add(v.pod() + " does not answer");
                continue;
            }
            if (v.master() == null) {
                found.add(v.pod() + " monitors no master");
                continue;
            }
            if (belief != null && !(belief.master().equals(v.master()) && belief.epoch() == v.epoch())) {
                found.add(v.pod() + " names " + name(v.master().host(), w.redis()) + " (epoch " + v.epoch() + "), the majority "
                        + name(belief.master().host(), w.redis()) + " (epoch " + belief.epoch() + ")");
            }
            if (v.quorum() != quorum) {
                found.add(v.pod() + " has the quorum " + v.quorum() + ", wanted " + quorum);
            }
            strangers(v, "replica", v.replicas(), w.redis(), w.replicas(), found);
            strangers(v, "sentinel", v.sentinels(), w.sentinels(), w.watchers(), found);
            missing(v, "replicas", v.replicas(), w.redis(), w.replicas(), w.redis().podOf(v.master().host()), found);
            missing(v, "sentinels", v.sentinels(), w.sentinels(), w.watchers(), v.pod(), found);
        }
        return found;
    }

    private static void strangers(SentinelView v, String what, List<Known> known, Hosts hosts, int wanted, List<String> found) {
        for (Known k : known) {
            String pod = hosts.podOf(k.host());
            if (pod == null || MemberId.ordinal(pod) >= wanted) {
                found.add(v.pod() + " remembers the " + what + " " + (pod == null ? k.host() : pod) + ", which is not to be");
            }
        }
    }

    private static void missing(SentinelView v, String what, List<Known> known, Hosts hosts, int wanted, String except, List<String> found) {
        Function<Known, String> pod = k -> hosts.podOf(k.host());
        int there = 0;
        int all = 0;
        for (int i = 0; i < wanted; i++) {
            String name = hosts.pod(i);
            if (!name.equals(except)) {
                all++;
                there += known.stream().anyMatch(k -> name.equals(pod.apply(k)) && !k.isDown()) ? 1 : 0;
            }
        }
        if (there < all) {
            found.add(v.pod() + " sees " + there + " of " + all + " " + what);
        }
    }

    private static String name(String host, Hosts hosts) {
        String pod = hosts.podOf(host);
        return pod == null ? host : pod;
    }
}
