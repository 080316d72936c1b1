package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberId;
import io.redisha.model.Mode;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeaseTextTest {

    static final Instant NOW = Instant.parse("2026-01-02T03:04:05.000006Z");

    static LeaseRecord held(long term) {
        return new LeaseRecord(new Identity("redis-ha-1", "uid-1", "run-7"), term, Mode.MEMBERS,
                List.of(new MemberId("redis-ha-0", "uid-0"), new MemberId("redis-ha-1", "uid-1")), "dataset", "abc", 4711, false,
                List.of("redis-ha-0", "redis-ha-1"), "redis-ha-1", "redis-ha-0", NOW);
    }

    @Test
    void readsBackWhatItWrote() throws Exception {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(3), 6, lease);
        assertThat(LeaseText.read(KubeClient.JSON.readTree(lease.toString()))).isEqualTo(held(3));
        assertThat(lease.path("spec").path("renewTime").asText()).isEqualTo("2026-01-02T03:04:05.000006Z");
        assertThat(lease.path("spec").path("leaseDurationSeconds").asInt()).isEqualTo(6);
    }

    @Test
    void readsBackAReleasedAndEmptyOne() {
        LeaseRecord released = new LeaseRecord(null, 9, Mode.API, List.of(), null, "", 0, true, List.of(), null, null, NOW);
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(8), 6, lease);
        LeaseText.write(released, 6, lease);
        assertThat(LeaseText.read(lease)).isEqualTo(released);
        assertThat(lease.path("spec").path("holderIdentity").asText("-")).isEmpty();
    }

    @Test
    void alwaysWritesSixDigitsOfASecond() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(3).stamped(Instant.parse("2026-01-02T03:04:05Z")), 6, lease);
        assertThat(lease.path("spec").path("renewTime").asText()).isEqualTo("2026-01-02T03:04:05.000000Z");
    }

    @Test
    void keepsTheTimeOfAcquisitionUntilTheHolderChanges() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(3), 6, lease);
        LeaseText.write(held(3).stamped(NOW.plusSeconds(2)), 6, lease);
        assertThat(lease.path("spec").path("acquireTime").asText()).isEqualTo("2026-01-02T03:04:05.000006Z");
        assertThat(lease.path("spec").path("renewTime").asText()).isEqualTo("2026-01-02T03:04:07.000006Z");
    }

    @Test
    void keepsWhatOthersWroteIntoTheObject() throws Exception {
        ObjectNode lease = (ObjectNode) KubeClient.JSON.readTree("{'metadata':{'annotations':{'theirs':'x'},'labels':{'l':'y'}}}".replace('\'', '"'));
        LeaseText.write(held(3), 6, lease);
        assertThat(lease.path("metadata").path("annotations").path("theirs").asText()).isEqualTo("x");
        assertThat(lease.path("metadata").path("labels").path("l").asText()).isEqualTo("y");
    }

    @Test
    void takesAStrangeHolderForAStrangerNotForNobody() throws Exception {
        LeaseRecord read = LeaseText.read(KubeClient.JSON.readTree("{\"spec\":{\"holderIdentity\":\"somebody\"}}"));
        assertThat(read.released()).isFalse();
        assertThat(read.holder()).isEqualTo(new Identity("somebody", "", ""));
    }

    @Test
    void readsAnObjectWithoutAnythingAsTheSafest() throws Exception {
        LeaseRecord read = LeaseText.read(KubeClient.JSON.readTree("{\"metadata\":{\"annotations\":null},\"spec\":{}}"));
        assertThat(read).isEqualTo(new LeaseRecord(null, 0, Mode.API, List.of(), null, "", 0, false, List.of(), null, null, Instant.EPOCH));
    }

    @Test
    void readsNonsenseWithoutFailing() throws Exception {
        LeaseRecord read = LeaseText.read(KubeClient.JSON.readTree("""
                {"metadata":{"annotations":{"redis-ha/mode":"MEMBERS?","redis-ha/members":" a=1 ,, b","redis-ha/offset":"many","redis-ha/empty":"perhaps"}},
                 "spec":{"leaseTransitions":-4,"renewTime":"yesterday"}}"""));
        assertThat(read.mode()).isEqualTo(Mode.API);
        assertThat(read.members()).containsExactly(new MemberId("a", "1"), new MemberId("b", ""));
        assertThat(read.offset()).isZero();
        assertThat(read.empty()).isFalse();
        assertThat(read.term()).isZero();
        assertThat(read.renewed()).isEqualTo(Instant.EPOCH);
    }
}
