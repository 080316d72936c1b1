package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PidOneTest {

    @Test
    void mayRunAServerOnlyAsProcessOne() {
        assertThat(PidOne.problem(1)).isNull();
        assertThat(PidOne.problem(7)).startsWith("shareProcessNamespace: given true (this process has the id 7), expected false");
    }
}
