package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SentinelReplyTest {

    @Test
    void readsAFailoverInProgress() {
        Map<String, String> master = SentinelReply.fields(words("name", "mymaster", "ip", "x-0.example", "port", "6379", "runid", "abc", "flags",
                "s_down,o_down,master,failover_in_progress,force_failover", "failover-state", "wait_promotion", "config-epoch", "18", "quorum", "2"));
        List<Map<String, String>> replicas = SentinelReply.all(List.of(
                words("name", "x-1.example:6379", "ip", "x-1.example", "port", "6379", "runid", "def", "flags", "slave,promoted", "info-refresh", "321",
                        "master-host", "10.244.1.7", "slave-priority", "30", "slave-repl-offset", "9223372036854775807"),
                words("name", "x-2.example:6379", "ip", "x-2.example", "port", "6379", "runid", "", "flags", "s_down,slave,disconnected", "slave-priority", "0")));

        List<Map<String, String>> sentinels = SentinelReply.all(List.of(
                words("name", "0123", "ip", "x-sentinel-0.example", "port", "26379", "runid", "0123", "flags", "sentinel", "voted-leader-epoch", "19")));

        SentinelReply reply = SentinelReply.parse(new Address("x-0.example", 6379), master, replicas, sentinels);
        SentinelView view = reply.view("x-sentinel-1", 77);

        assertThat(view.isFailingOver()).isTrue();
        assertThat(view.isDown()).isTrue();
        assertThat(view.epoch()).isEqualTo(18);
        assertThat(reply.highest()).isEqualTo(19);
        assertThat(view.sentinels()).extracting(Known::host).containsExactly("x-sentinel-0.example");
        assertThat(view.quorum()).isEqualTo(2);
        assertThat(view.replicas()).containsExactly(
                new Known("x-1.example", 6379, Set.of("slave", "promoted"), 30, "10.244.1.7", Long.MAX_VALUE),
                new Known("x-2.example", 6379, Set.of("s_down", "slave", "disconnected"), 0, "?", 0));
        assertThat(SentinelReply.isLinked(replicas.getFirst())).isTrue();
        assertThat(SentinelReply.infoAge(replicas.getFirst())).isEqualTo(321);
        assertThat(SentinelReply.isLinked(replicas.getLast())).isFalse();
    }

    @Test
    void isNothingToBelieveWhereItMonitorsNobody() {
        SentinelView view = SentinelReply.NONE.view("x-sentinel-1", 77);
        assertThat(view.answering()).isTrue();
        assertThat(view.master()).isNull();
        assertThat(view.isFailingOver()).isFalse();
    }

    private static List<byte[]> words(String... words) {
        return Arrays.stream(words).map(word -> word.getBytes(StandardCharsets.UTF_8)).toList();
    }
}
