package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.World.Broken;
import io.redisha.simulation.Violation;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of a rule that never fires in the simulation it is not known whether it holds: each one fires there, or another test shows it. */
class RulesSimulationTest {

    /** Of each kind, and the same ones each time: the rarest rules fire in one of a hundred. */
    private static final int SEEDS = 200;
    /** Of kinds that are made for one rule. */
    private static final int FEW = 20;

    /** A row of the tables, which may be of several: "B1", "L4, L5", "C1-C4". */
    private static final Pattern ROW = Pattern.compile("\\| ([A-Z]\\d+(?:(?:, |-)[A-Z]\\d+)*) \\| .*");

    /**
     * What does not happen between members on a simulated clock: what is the file system's, Kubernetes' or another architecture's, settings, and what is
     * never done. W1 to W3 are among them because they are of whole runs.
     */
    private static final Map<String, String> SHOWN_ELSEWHERE = Map.ofEntries(
            Map.entry("L4", "io.redisha.decide.LeaseSightTest"),
            Map.entry("L6", "io.redisha.config.SettingsReaderTest"),
            Map.entry("M6", "io.redisha.kube.KubePublisherTest"),
            Map.entry("P1", "io.redisha.http.ProbeServerTest"),
            Map.entry("P3", "io.redisha.e2e.cluster.WithoutHooksE2E"),
            Map.entry("P4", "io.redisha.process.PidOneTest"),
            Map.entry("K1", "io.redisha.decide.cluster.BelongingTest"),
            Map.entry("K2", "io.redisha.decide.cluster.ShapingTest"),
            Map.entry("K3", "io.redisha.redis.NodesFileTest"),
            Map.entry("K4", "io.redisha.loop.cluster.ClusterMemberTest"),
            Map.entry("K5", "io.redisha.loop.cluster.BootTest"),
            Map.entry("K6", "io.redisha.loop.cluster.ClusterMemberTest"),
            Map.entry("K7", "io.redisha.decide.cluster.ShapingTest"),
            Map.entry("K8", "io.redisha.config.ClusterSettingsTest"),
            Map.entry("K13", "io.redisha.loop.cluster.ShaperTest"),
            Map.entry("S3", "io.redisha.redis.SentinelConfTest"),
            Map.entry("S4", "io.redisha.redis.SentinelIT"),
            Map.entry("S6", "io.redisha.loop.sentinel.SentinelSimulationTest"),
            Map.entry("G1", "io.redisha.loop.peers.RingSimulationTest"),
            Map.entry("W1", "io.redisha.loop.FurtherFaultsSimulationTest"),
            Map.entry("W2", "io.redisha.loop.FurtherFaultsSimulationTest"),
            Map.entry("W3", "io.redisha.loop.FurtherFaultsSimulationTest"));

    /** Counted where there are sentinels, and nowhere else. */
    private static final Set<Rule> OF_SENTINELS = EnumSet.of(Rule.S1, Rule.S2, Rule.S5);
    /** Those of replication that are to be seen there, too; H7 by a test of its own. */
    private static final Set<Rule> WITH_SENTINELS = EnumSet.of(Rule.B1, Rule.L1, Rule.L8, Rule.H1, Rule.H2, Rule.P2);

    @Test
    void eachRuleOfContributingIsCountedOrShownElsewhere() throws IOException {
        List<String> known = new ArrayList<>(SHOWN_ELSEWHERE.keySet());
        Arrays.stream(Rule.values()).map(Rule::name).forEach(known::add);
        assertThat(known).as("rules that are counted, or shown elsewhere").containsExactlyInAnyOrderElementsOf(rules());
    }

    @Test
    void whatShowsARuleElsewhereIsThere() {
        assertThat(SHOWN_ELSEWHERE).allSatisfy((rule, test) -> assertThat(sources(test)).as("%s shows rule %s", test, rule).anyMatch(Files::exists));
    }

    @Test
    void everyRuleOfContributingThatIsCountedHasFired() {
        Campaign campaign = new Campaign(new PrintStream(OutputStream.nullOutputStream()));
        // the further faults are another test's, and no rule's alone; with sentinels each rule is counted for itself
        Campaign.KINDS.entrySet().stream().filter(kind -> !FurtherFaultsSimulationTest.KINDS.containsKey(kind.getKey()) && !kind.getKey().startsWith("sentinel"))
                .forEach(kind -> campaign.run(kind.getKey(), kind.getValue(), 0, SEEDS));
        campaign.run("starved", (seed, tracing) -> SimulationTest.starved(seed).firings, 0, SEEDS);
        campaign.run("rewriting", (seed, tracing) -> SimulationTest.rewriting(seed, Broken.NOTHING).firings, 0, FEW);
        campaign.run("stalled", (seed, tracing) -> SimulationTest.stalled(seed, Broken.NOTHING).firings, 0, FEW);
        campaign.run("foreign volume", (seed, tracing) -> SimulationTest.foreignVolume(seed).firings, 0, 1);
        campaign.run("no member", (seed, tracing) -> SimulationTest.allLostBesideAStranger().firings, 1, 1);
        assertThat(campaign.firings().never()).as("rules that never fired, of %s", campaign.firings()).isEqualTo(OF_SENTINELS);
    }

    @Test
    void everyRuleThatIsCountedWithSentinelsHasFiredThere() {
        Campaign campaign = new Campaign(new PrintStream(OutputStream.nullOutputStream()));
        campaign.run("sentinel", Campaign.KINDS.get("sentinel"), 0, FEW);
        campaign.run("sentinel-scaledAlone", Campaign.KINDS.get("sentinel-scaledAlone"), 0, FEW / 4);
        Set<Rule> never = campaign.firings().never();
        assertThat(never).as("rules that never fired, of %s", campaign.firings()).doesNotContainAnyElementsOf(OF_SENTINELS).doesNotContainAnyElementsOf(WITH_SENTINELS);
    }

    /** Else what is counted is something else. */
    @ParameterizedTest
    @CsvSource({"BOOT_READ_ONLY, B1", "WHOLE_ON_DISK, B5", "LEASE, L3", "CONDITIONAL_MODE, V5", "FENCE, M1", "LOSS_LIMIT, M8"})
    void aRuleThatIsLeftOutIsNotCounted(Broken broken, Rule rule) {
        List<World> worlds = new ArrayList<>();
        for (long seed = 0; seed < FEW; seed++) {
            try {
                switch (broken) {
                    case WHOLE_ON_DISK -> worlds.add(SimulationTest.rewriting(seed, broken));
                    case LOSS_LIMIT -> worlds.add(SimulationTest.stalled(seed, broken));
                    default -> SimulationTest.chaos(seed, broken, worlds::add, r -> r.nextInt(SimulationTest.FAULTS), false);
                }
            } catch (Violation v) {
                // what comes of leaving it out is another test's to say
            }
        }
        Firings all = new Firings();
        worlds.forEach(w -> all.add(w.firings));
        assertThat(worlds).isNotEmpty();
        assertThat(all.of(rule)).as("%s, of %s", rule, all).isZero();
    }

    private static Set<String> rules() throws IOException {
        String text = Files.readString(Path.of("../CONTRIBUTING.md"));
        Set<String> rules = new TreeSet<>();
        String chapter = text.substring(text.indexOf("\n## The rules"));
        chapter.lines().map(ROW::matcher).filter(Matcher::matches).flatMap(row -> names(row.group(1))).forEach(rules::add);
        return rules;
    }

    private static Stream<String> names(String cell) {
        String[] ends = cell.split("-");
        if (ends.length == 1) {
            return Arrays.stream(cell.split(", "));
        }
        return IntStream.rangeClosed(number(ends[0]), number(ends[1])).mapToObj(n -> cell.substring(0, 1) + n);
    }

    private static int number(String rule) {
        return Integer.parseInt(rule.substring(1));
    }

    /** Of this module, or of the end-to-end tests. */
    private static List<Path> sources(String test) {
        String file = test.replace('.', '/') + ".java";
        return List.of(Path.of("src/test/java", file), Path.of("../tests/src/test/java", file));
    }
}
