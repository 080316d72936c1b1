package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.process.ServerProcess.Exit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailedStartTest {

    private static final long SECOND = 1_000_000_000L;

    private long now = 5 * SECOND;
    private final FailedStart failed = new FailedStart(() -> now);

    private static Exit exit(int status, Duration life, String... words) {
        return new Exit(status, life, List.of(words), null, false);
    }

    @Test
    void saysWhyUntilAServerAnswers() {
        assertThat(failed.problems(false, now)).isEmpty();
        failed.exited(exit(-1, Duration.ZERO, "/data/x/nodes.conf can't be written: No space left on device"));
        assertThat(failed.problems(false, now)).containsExactly("its server does not start: /data/x/nodes.conf can't be written: No space left on device");
        assertThat(failed.problems(true, now - SECOND / 10)).as("seen before it ended").hasSize(1);
        now += 60 * SECOND;
        assertThat(failed.problems(false, now)).hasSize(1);
        assertThat(failed.problems(true, now)).isEmpty();
        assertThat(failed.problems(false, now)).as("it hangs, which is another story").isEmpty();
    }

    @Test
    void saysTheServersOwnWords() {
        failed.exited(exit(1, Duration.ofMillis(50), "7:M 21 Nov 2026 03:05:10.123 # Fatal: can't update cluster config file."));
        assertThat(failed.problems(false, now)).containsExactly("its server does not start: exit status 1: Fatal: can't update cluster config file.");
    }

    @Test
    void isSilentOfAServerThatHadServed() {
        failed.exited(exit(137, Duration.ofSeconds(30)));
        assertThat(failed.problems(false, now)).isEmpty();
    }
}
