package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import io.redisha.model.Shape;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What happens before a cluster gets another shape: the pods that go give away what they own, while the StatefulSet still keeps them. */
final class Departure {

    /** A name may be missing for a moment; and who has nothing to wait for does not wait long. */
    private static final Duration SHORT = Duration.ofSeconds(5);

    private final Settings settings;
    private final Pods pods;
    private final Target target;
    private final Waiting waiting;

    Departure(Settings settings, Pods pods, Target target, Waiting waiting) {
        this.settings = settings;
        this.pods = pods;
        this.target = target;
        this.waiting = waiting;
    }

    /** @return the exit code */
    int to(Shape wanted, Duration within, PrintWriter out, PrintWriter err) throws InterruptedException {
        if (!named(within)) {
            say(out, "nothing is installed yet: nothing to move");
            return 0;
        }
        int now = running(within);
        if (wanted.pods() >= now) {
            takeBack(within, out);
            return 0;
        }
        List<String> all = names(now);
        List<String> leaving = all.subList(wanted.pods(), now);
        waiting.say("to go: " + String.join(", ", leaving));
        List<String> missing = waiting.until(() -> {
            Map<String, JsonNode> answers = pods.ask(all, "/status?self");
            String refused = target.order(wanted, List.copyOf(answers.keySet()));
            List<String> found = new ArrayList<>();
            if (refused != null) {
                found.add(refused);
            }
            found.addAll(ClusterFormation.leaving(wanted, leaving, answers));
            return new Waiting.Seen(found, progress(answers));
        });
        if (missing.isEmpty()) {
            waiting.say("may go, the cluster has forgotten them: " + String.join(", ", leaving));
            return 0;
        }
        err.println("redis-ha: " + settings.name() + " can't be made smaller within " + within.toSeconds() + " s:");
        missing.forEach(problem -> err.println("  " + problem));
        err.println("redis-ha: no slot is dropped; the pods go on with it. Run the upgrade again, or take it back by one with the shape of before.");
        return 1;
    }

    /** How far the leader is with moving slots, null if it moves none. */
    static String progress(Map<String, JsonNode> answers) {
        JsonNode release = ClusterFormation.release(answers);
        return release == null || !release.hasNonNull("progress") ? null : release.get("progress").path("inWords").asText();
    }

    private boolean named(Duration within) throws InterruptedException {
        long end = end(within);
        while (!pods.haveNames(settings.podNames())) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(250);
        }
        return true;
    }

    /** Pods that there are: not those that the last upgrade made, if somebody has scaled the StatefulSet since. */
    private int running(Duration within) throws InterruptedException {
        long end = end(within);
        while (true) {
            Map<String, JsonNode> answers = pods.ask(settings.podNames(), "/status?self");
            int most = answers.values().stream().mapToInt(row -> row.path("release").path("pods").asInt()).max().orElse(0);
            if (most > 0 || System.nanoTime() > end) {
                return Math.max(most, settings.replicas());
            }
            Thread.sleep(250);
        }
    }

    /** An earlier upgrade that failed may have left a smaller shape behind. */
    private void takeBack(Duration within, PrintWriter out) throws InterruptedException {
        long end = end(within);
        String refused = target.order(null, answering());
        while (refused != null && System.nanoTime() < end) {
            Thread.sleep(250);
            refused = target.order(null, answering());
        }
        say(out, "no pod goes: nothing to move" + (refused == null ? "" : " (" + refused + ")"));
    }

    private List<String> answering() throws InterruptedException {
        return List.copyOf(pods.ask(settings.podNames(), "/status?self").keySet());
    }

    private List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(i -> settings.name() + "-" + i).toList();
    }

    private static long end(Duration within) {
        return System.nanoTime() + Math.min(within.toNanos(), SHORT.toNanos());
    }

    private static void say(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }
}
