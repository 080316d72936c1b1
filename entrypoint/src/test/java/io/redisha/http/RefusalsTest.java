package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RefusalsTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void tellsTheFirstAtOnceAndTheOthersOnceAMinuteByTheirNumber() {
        Refusals refusals = new Refusals(8379, 0);

        assertThat(refusals.line("a body too long", "10.0.0.7", SECOND)).isEqualTo("port 8379: a request from 10.0.0.7 was refused: a body too long");
        for (int i = 2; i < 60; i++) {
            assertThat(refusals.line("not HTTP/1.1", "10.0.0.8", i * SECOND)).isNull();
        }
        assertThat(refusals.line("two lengths", "10.0.0.9", 61 * SECOND))
                .isEqualTo("port 8379: 59 requests were refused, the last one from 10.0.0.9: two lengths");
        assertThat(refusals.line("two lengths", "10.0.0.9", 62 * SECOND)).isNull();
    }
}
