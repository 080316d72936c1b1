package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PodEnvironmentTest {

    private final Map<String, String> env = new HashMap<>(Map.of(
            "POD_NAME", "redis-ha-0", "POD_UID", "u-0", "POD_IP", "10.0.0.7", "POD_NAMESPACE", "default", "NODE_NAME", "node-1"));

    @Test
    void readsTheDownwardApi() throws Invalid {
        env.put("HOST_IP", "192.168.0.3");

        assertThat(PodEnvironment.read(env::get))
                .isEqualTo(new PodEnvironment("redis-ha-0", "u-0", "10.0.0.7", "default", "node-1", "192.168.0.3"));
    }

    @Test
    void doesWithoutTheNodesAddress() throws Invalid {
        assertThat(PodEnvironment.read(env::get).hostIp()).isNull();
    }

    @Test
    void saysInOneLineThatThePodIpIsMissing() {
        env.remove("POD_IP");

        assertThat(catchThrowableOfType(Invalid.class, () -> PodEnvironment.read(env::get)).problems()).containsExactly(
                "POD_IP is not set: the container's env must take it from the downward API (fieldRef status.podIP)");
    }

    @Test
    void takesAnEmptyValueForAMissingOne() {
        env.put("POD_UID", "");
        env.remove("NODE_NAME");

        assertThat(catchThrowableOfType(Invalid.class, () -> PodEnvironment.read(env::get)).problems()).hasSize(2);
    }
}
