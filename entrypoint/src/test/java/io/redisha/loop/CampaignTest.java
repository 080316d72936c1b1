package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.simulation.Violation;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CampaignTest {

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Campaign campaign = new Campaign(new PrintStream(said, true, StandardCharsets.UTF_8));

    @Test
    void tellsAtOnceWhichSeedsFailedAndInTheEndHowTheFirstOfThemEnded() {
        String story = IntStream.range(0, 200).mapToObj(i -> "line " + i).collect(Collectors.joining("\n"));
        Map<Long, String> failed = campaign.run("odd", (seed, tracing) -> {
            if (seed % 2 == 1) {
                throw new Violation("seed " + seed + ": lost" + (tracing ? "\n" + story : ""));
            }
            return new Firings();
        }, 10, 4);

        assertThat(failed).containsOnlyKeys(11L, 13L);
        assertThat(said.toString(StandardCharsets.UTF_8)).containsPattern("  seed 11: lost\n(.*\n)*odd: 4 of 4 seeds, \\d+ seeds/s, 2 failed").contains("  seed 13: lost\n")
                .contains("line 120\n", "line 199\n").doesNotContain("line 119\n");
    }

    @Test
    void addsUpHowOftenEachRuleHasFired() {
        campaign.run("one", (seed, tracing) -> fired(Rule.B1), 0, 100);
        campaign.run("another", (seed, tracing) -> fired(seed % 2 == 0 ? Rule.B1 : Rule.W4), 0, 10);

        assertThat(campaign.firings().of(Rule.B1)).isEqualTo(105);
        assertThat(campaign.firings().of(Rule.W4)).isEqualTo(5);
        assertThat(campaign.firings().never()).contains(Rule.B2).doesNotContain(Rule.B1, Rule.W4);
        assertThat(campaign.firings().toString()).startsWith("B1 105, B2 0, ").endsWith(", W4 5");
    }

    private static Firings fired(Rule rule) {
        Firings firings = new Firings();
        firings.fired(rule);
        return firings;
    }

    @Test
    void runsEachKind() {
        Campaign.KINDS.forEach((name, kind) -> assertThat(campaign.run(name, kind, 0, 2)).as(name).isEmpty());
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("chaos: 2 of 2 seeds");
    }
}
