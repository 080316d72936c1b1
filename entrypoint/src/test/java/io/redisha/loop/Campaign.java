package io.redisha.loop;

import io.redisha.loop.World.Broken;
import io.redisha.loop.sentinel.FurtherSentinelFaults;
import io.redisha.loop.sentinel.SentinelFaults;
import io.redisha.simulation.Violation;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/** {@code make simulate SEEDS=... [FIRST=...]}: more runs than a test has time for, and the story of the first of each kind that fails. */
public final class Campaign {

    /** A run of one seed, and the rules that fired in it; throws a {@link Violation}, with its story if that is asked for. */
    @FunctionalInterface
    public interface Kind {
        Firings run(long seed, boolean tracing);
    }

    static final Map<String, Kind> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("single", (seed, tracing) -> SimulationTest.single(seed, Broken.NOTHING, false, tracing).firings);
        KINDS.put("planned", (seed, tracing) -> SimulationTest.single(seed, Broken.NOTHING, true, tracing).firings);
        KINDS.put("chaos", (seed, tracing) -> SimulationTest.chaos(seed, Broken.NOTHING, tracing).firings);
        KINDS.put("held", (seed, tracing) -> SimulationTest.held(seed, tracing).firings);
        KINDS.put("full", (seed, tracing) -> SimulationTest.full(seed, tracing).firings);
        KINDS.put("queued", (seed, tracing) -> SimulationTest.queued(seed, Broken.NOTHING, tracing).firings);
        KINDS.put("voters", (seed, tracing) -> SimulationTest.forgottenVote(seed, Broken.NOTHING, tracing).firings);
        KINDS.put("retried", (seed, tracing) -> SimulationTest.retried(seed, Broken.NOTHING).firings);
        KINDS.put("damaged", (seed, tracing) -> DamagedFilesSimulationTest.damaged(seed, tracing).firings);
        KINDS.put("torn", (seed, tracing) -> TornFilesSimulationTest.torn(seed, Broken.NOTHING, tracing).firings);
        KINDS.put("wrecked", (seed, tracing) -> DamagedFilesSimulationTest.wrecked(seed, tracing).firings);
        KINDS.put("strict", (seed, tracing) -> StrictSimulationTest.strict(seed, Broken.NOTHING, tracing).firings);
        FurtherFaultsSimulationTest.KINDS.forEach((name, kind) -> KINDS.put(name, (seed, tracing) -> kind.run(seed, tracing).firings));
        KINDS.put("sentinel", SentinelFaults::single);
        KINDS.put("sentinel-planned", SentinelFaults::planned);
        KINDS.put("sentinel-chaos", SentinelFaults::chaos);
        KINDS.putAll(FurtherSentinelFaults.KINDS);
    }

    private static final int LINES = 80;
    private static final int SHOWN = 20;

    private final PrintStream out;
    private final Firings firings = new Firings();

    Campaign(PrintStream out) {
        this.out = out;
    }

    /** Of all seeds so far that did not fail. */
    Firings firings() {
        return firings;
    }

    /** @return what the seeds that failed said */
    Map<Long, String> run(String name, Kind kind, long first, long count) {
        Map<Long, String> failed = new ConcurrentSkipListMap<>();
        AtomicLong done = new AtomicLong();
        long began = System.nanoTime();
        Thread telling = Thread.ofPlatform().daemon().start(() -> tell(name, count, done, failed, began));
        firings.add(LongStream.range(first, first + count).parallel().mapToObj(seed -> {
            try {
                return kind.run(seed, false);
            } catch (RuntimeException | AssertionError v) {
                String why = v instanceof Violation ? String.valueOf(v.getMessage()) : "seed " + seed + ": " + v;   // an agent that throws has no story
                if (failed.put(seed, why) == null && failed.size() <= SHOWN) {
                    // At once: a campaign takes long, and may be ended before it is through.
                    say("  " + why.lines().findFirst().orElse(""));
                }
                return new Firings();
            } finally {
                done.incrementAndGet();
            }
        }).collect(Firings::new, Firings::add, Firings::add));
        telling.interrupt();
        line(name, count, done.get(), failed, began);
        failed.keySet().stream().findFirst().ifPresent(seed -> say(story(kind, seed)));
        return failed;
    }

    private void tell(String name, long count, AtomicLong done, Map<Long, String> failed, long began) {
        try {
            while (true) {
                Thread.sleep(30_000);
                line(name, count, done.get(), failed, began);
            }
        } catch (InterruptedException e) {
            // All is done.
        }
    }

    private void line(String name, long count, long done, Map<Long, String> failed, long began) {
        long took = Math.max(1, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        say(name + ": " + done + " of " + count + " seeds, " + 1_000 * done / took + " seeds/s, " + failed.size() + " failed");
    }

    private void say(String line) {
        out.print(line + "\n");
    }

    /** Its end: what came before is what always comes. */
    private static String story(Kind kind, long seed) {
        try {
            kind.run(seed, true);
        } catch (RuntimeException | AssertionError v) {
            List<String> lines = String.valueOf(v.getMessage()).lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
        }
        return "seed " + seed + " does not fail again";
    }

    /** @param args how many seeds of each kind; the first seed, 0 if nothing is said; kinds, all if nothing is said */
    public static void main(String[] args) {
        long count = Long.parseLong(args[0]);
        long first = args.length > 1 ? Long.parseLong(args[1]) : 0;
        List<String> kinds = args.length > 2 && !args[2].isBlank() ? List.of(args[2].split(",")) : List.copyOf(KINDS.keySet());
        Campaign campaign = new Campaign(System.out);
        int failed = 0;
        for (String kind : kinds) {
            failed += campaign.run(kind, KINDS.get(kind), first, count).size();
        }
        campaign.say("rules fired: " + campaign.firings);
        System.exit(failed == 0 ? 0 : 1);
    }
}
