package io.redisha.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

class LogTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Log log = new Log(out);
    private final Logger ours = new Provider.To(log, "io.redisha.loop.Loop");
    private final Logger library = new Provider.To(log, "io.fabric8.Watch");

    private String written() {
        log.drain(Duration.ofSeconds(5).toNanos());
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void writesALineThatAPersonCanRead() {
        ours.info("{} is master (was {})", "redis-ha-1", "replica");
        ours.warn("slow");

        assertThat(written().lines()).satisfiesExactly(
                line -> assertThat(line).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO  redis-ha-1 is master \\(was replica\\)"),
                line -> assertThat(line).endsWith("Z WARN  slow"));
    }

    @Test
    void writesEachEventAsOneLineOfJson() throws Exception {
        log.set(Log.Format.JSON, Level.INFO);

        ours.error("a \"quoted\"\n\ttext \u0001 über", new IllegalStateException("boom"));

        assertThat(written()).hasLineCount(1).endsWith("\n");
        JsonNode line = new JsonMapper().readTree(written());
        assertThat(line.get("level").asText()).isEqualTo("ERROR");
        assertThat(line.get("logger").asText()).isEqualTo("Loop");
        assertThat(line.get("message").asText()).isEqualTo("a \"quoted\"\n\ttext \u0001 über");
        assertThat(line.get("exception").asText()).startsWith("java.lang.IllegalStateException: boom");
        assertThat(line.get("time").asText()).matches(".*T.*\\.\\d{3}Z");
    }

    @Test
    void showsWhatTheLevelAllowsAndOfLibrariesOnlyWarnings() {
        ours.debug("fine");
        library.info("chatter");
        library.warn("watch closed");
        log.set(Log.Format.TEXT, Level.DEBUG);
        ours.debug("finer");
        library.info("helpful");
        log.set(Log.Format.TEXT, Level.ERROR);
        ours.warn("hushed");
        library.warn("hushed too");

        assertThat(written().lines()).extracting(line -> line.substring(25).strip())
                .containsExactly("WARN  Watch: watch closed", "DEBUG finer", "INFO  Watch: helpful");
    }

    @Test
    @Timeout(20)
    void makesNobodyWaitForAReaderThatStoppedAndCountsWhatIsLost() {
        CountDownLatch reading = new CountDownLatch(1);
        Log stuck = new Log(new OutputStream() {
            @Override
            public void write(int b) {
                out.write(b);
            }

            @Override
            public void write(byte[] bytes, int from, int length) {
                try {
                    reading.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                out.write(bytes, from, length);
            }
        });
        Logger logger = new Provider.To(stuck, "io.redisha.X");
        for (int i = 0; i < 3000; i++) {
            logger.info("line {}", i);
        }
        reading.countDown();
        stuck.drain(Duration.ofSeconds(5).toNanos());

        assertThat(out.toString(StandardCharsets.UTF_8)).contains("line 0\n", "log lines were dropped: nobody read stdout").doesNotContain("line 2999");
    }

    @Test
    void isWhatTheProgramLogsTo() {
        assertThat(LoggerFactory.getLogger("x")).isInstanceOf(Provider.To.class);
    }
}
