package io.redisha.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs a program named sleep")
class ShellTest {

    /** The Kubernetes client's answers come through it: a test that looks on while helm waits would look in vain. */
    @Test
    void leavesTheCommonPoolToOthersWhileAProgramRuns() throws Exception {
        Shell shell = new Shell(Map.of());
        Thread waiting = Thread.ofPlatform().start(() -> shell.run(Duration.ofSeconds(10), List.of("sleep", "3")));
        Thread.sleep(500);
        assertThat(CompletableFuture.supplyAsync(() -> "answer").get(1, TimeUnit.SECONDS)).isEqualTo("answer");
        assertThat(waiting.isAlive()).isTrue();
        waiting.join();
    }
}
