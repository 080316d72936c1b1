package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import org.junit.jupiter.api.Test;

class SentinelFailoverTest {

    @Test
    void readsWhoIsToLead() {
        assertThat(SentinelFailover.promoted("slave x-1.x-headless.ns.svc.cluster.local:6379 x-1.x-headless.ns.svc.cluster.local 6379 @ mymaster "
                + "x-0.x-headless.ns.svc.cluster.local 6379")).isEqualTo(new Address("x-1.x-headless.ns.svc.cluster.local", 6379));
        assertThat(SentinelFailover.promoted("slave [fd00::7]:6379 fd00::7 6379 @ mymaster fd00::6 6379")).isEqualTo(new Address("fd00::7", 6379));
        assertThat(SentinelFailover.promoted("master mymaster x-0 6379")).isNull();
        assertThat(SentinelFailover.promoted("")).isNull();
    }
}
