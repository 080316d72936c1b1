package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.Mode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        assertThat(LeaseText.read(KubeClient.JSON.readTree(lease.toString()), true)).isEqualTo(held(3));
        assertThat(lease.path("spec").path("renewTime").asText()).isEqualTo("2026-01-02T03:04:05.000006Z");
        assertThat(lease.path("spec").path("leaseDurationSeconds").asInt()).isEqualTo(6);
    }

    @Test
    void readsBackAReleasedAndEmptyOne() {
        LeaseRecord released = new LeaseRecord(null, 9, Mode.API, List.of(), null, "", 0, true, List.of(), null, null, NOW);
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(8), 6, lease);
        LeaseText.write(released, 6, lease);
        assertThat(LeaseText.read(lease, true)).isEqualTo(released);
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
        LeaseRecord read = LeaseText.read(KubeClient.JSON.readTree("{\"spec\":{\"holderIdentity\":\"somebody\"}}"), true);
        assertThat(read.released()).isFalse();
        assertThat(read.holder()).isEqualTo(new Identity("somebody", "", ""));
    }

    @Test
    void readsAnObjectWithoutAnythingAsTheSafest() throws Exception {
        LeaseRecord read = LeaseText.read(KubeClient.JSON.readTree("{\"metadata\":{\"annotations\":null},\"spec\":{}}"), true);
        assertThat(read).isEqualTo(new LeaseRecord(null, 0, Mode.API, List.of(), null, "", 0, false, List.of(), null, null, Instant.EPOCH));
    }

    @Test
    void readsNonsenseWithoutFailing() throws Exception {
        LeaseRecord read = LeaseText.read(KubeClient.JSON.readTree("""
                {"metadata":{"annotations":{"redis-ha/mode":"MEMBERS?","redis-ha/members":" a=1 ,, b","redis-ha/offset":"many","redis-ha/empty":"perhaps"}},
                 "spec":{"leaseTransitions":-4,"renewTime":"yesterday"}}"""), true);
        assertThat(read.mode()).isEqualTo(Mode.API);
        assertThat(read.members()).containsExactly(new MemberId("a", "1"), new MemberId("b", ""));
        assertThat(read.offset()).isZero();
        assertThat(read.empty()).isFalse();
        assertThat(read.term()).isZero();
        assertThat(read.renewed()).isEqualTo(Instant.EPOCH);
    }

    // ---- edited (L3)

    private static LeaseView view(String leaseTransitions, boolean votes) throws Exception {
        return LeaseText.view(KubeClient.JSON.readTree("{\"metadata\":{\"name\":\"r\",\"annotations\":{\"redis-ha/master\":\"r-1,7\"}},"
                + "\"spec\":{\"holderIdentity\":\"r-0/u/i\",\"leaseTransitions\":" + leaseTransitions + "}}"), votes, "7");
    }

    @ParameterizedTest
    @CsvSource({"0,0", "7,7", "2145483647,2145483647", "-4,0", "-9223372036854775808,0", "null,0", "'\"\"',0", "'\"many\"',0", "{},0", "7.9,7"})
    void readsATermThatLeavesNextOnesAndWhatIsNoneAsZero(String said, long term) throws Exception {
        assertThat(view(said, true)).isInstanceOfSatisfying(LeaseView.Present.class, present -> {
            assertThat(present.record().term()).isEqualTo(term);
            assertThat(present.version()).isEqualTo("7");
        });
    }

    @Test
    void takesALeaseWithoutATermForOneOfTermZero() throws Exception {
        assertThat(LeaseText.view(KubeClient.JSON.readTree("{}"), true, "7")).isInstanceOfSatisfying(LeaseView.Present.class, present -> assertThat(present.record().term()).isZero());
    }

    /** There would be no next one soon, or Kubernetes would refuse it, or it would be negative. */
    @ParameterizedTest
    @ValueSource(strings = {"2145483648", "2147483647", "2147483648", "9223372036854775807", "99999999999999999999", "1e30", "\"2147483647\""})
    void saysOfATermThatLeavesTooFewNextOnesWhatAPersonDoes(String said) throws Exception {
        assertThat(view(said, true)).isInstanceOfSatisfying(LeaseView.Unusable.class, unusable -> {
            assertThat(unusable.record().holder()).isEqualTo(new Identity("r-0", "u", "i"));
            assertThat(unusable.record().term()).isZero();
            assertThat(unusable.version()).isEqualTo("7");
            assertThat(unusable.why()).startsWith("the Lease r says leaseTransitions ").contains("expected at most 2145483647").contains("kubectl patch lease r ");
        });
    }

    /** Deleted, it would be made again without them. */
    @Test
    void keepsWhatAnotherArchitectureNotesAndAsksNobodyToDeleteIt() throws Exception {
        assertThat(view("2147483647", false)).isInstanceOfSatisfying(LeaseView.Unusable.class, unusable -> {
            assertThat(unusable.record().notes()).containsEntry("master", "r-1,7");
            assertThat(unusable.why()).doesNotContain("delete").endsWith("it is taken for the term that was seen last");
        });
    }

    @ParameterizedTest
    @CsvSource({"4711,4711", "4611686018427387904,4611686018427387904", "4611686018427387905,0", "-1,0", "99999999999999999999,0", "many,0", "'',0", "47 11,0"})
    void readsAnOffsetThatCannotBeAsNone(String said, long offset) {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(3), 6, lease);
        lease.withObject("/metadata").withObject("/annotations").put("redis-ha/offset", said);
        assertThat(LeaseText.read(lease, true).offset()).isEqualTo(offset);
    }

    // ---- of a cluster

    static LeaseRecord ofCluster(long term, Map<String, String> notes) {
        return new LeaseRecord(new Identity("redis-ha-1", "uid-1", "run-7"), term, null, List.of(), "dataset", "", 0, false, List.of(), "redis-ha-1", null, NOW, notes);
    }

    private static List<String> annotations(ObjectNode lease) {
        return lease.path("metadata").path("annotations").propertyStream().map(Map.Entry::getKey).sorted().toList();
    }

    @Test
    void readsBackTheNotesOfACluster() throws Exception {
        LeaseRecord record = ofCluster(3, Map.of("creating", "true", "target", "3,1,6", "nodes", "redis-ha-0=abc,redis-ha-1=def"));
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(record, 6, lease);
        assertThat(LeaseText.read(KubeClient.JSON.readTree(lease.toString()), false)).isEqualTo(record);
    }

    /** With sentinels the holder is seldom the master: all pods must know of a release that it has had no data yet. */
    @Test
    void tellsThatThereWasNoDataYetAlsoWhereNobodyVotes() {
        LeaseRecord fresh = new LeaseRecord(new Identity("redis-ha-1", "uid-1", "run-7"), 1, null, List.of(), "dataset", "", 0, true, List.of(), "redis-ha-1", null, NOW,
                Map.of("master", "redis-ha-0", "epoch", "1"));
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(fresh, 6, lease);
        assertThat(LeaseText.read(lease, false)).isEqualTo(fresh);
        LeaseText.write(ofCluster(1, Map.of()), 6, lease);
        assertThat(LeaseText.read(lease, false).empty()).isFalse();
    }

    @Test
    void writesNothingOfVotesIntoTheLeaseOfACluster() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(ofCluster(3, Map.of("target", "3,1,6")), 6, lease);
        LeaseText.write(LeaseText.read(lease, false), 6, lease);
        assertThat(annotations(lease)).containsExactly("redis-ha/dataset-id", "redis-ha/last-holder", "redis-ha/target");
    }

    @Test
    void takesANoteThatIsGoneOutOfTheLeaseAndNothingOfOthers() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        lease.putObject("metadata").putObject("annotations").put("theirs/target", "x").put("creating", "y");
        LeaseText.write(ofCluster(3, Map.of("creating", "true", "target", "3,1,6")), 6, lease);
        LeaseText.write(ofCluster(3, Map.of("target", "4,1,8")), 6, lease);
        assertThat(annotations(lease)).containsExactly("creating", "redis-ha/dataset-id", "redis-ha/last-holder", "redis-ha/target", "theirs/target");
        assertThat(LeaseText.read(lease, false).notes()).containsExactly(Map.entry("target", "4,1,8"));
    }

    @Test
    void leavesAloneWhatIsNotAFieldWhereMembersVote() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        lease.putObject("metadata").putObject("annotations").put("redis-ha/of-a-later-version", "x");
        LeaseText.write(held(3), 6, lease);
        assertThat(annotations(lease)).contains("redis-ha/of-a-later-version", "redis-ha/mode");
    }

    @Test
    void keepsByHowMuchPromisesAreExtendedAndTakesItAwayWithTheLastWord() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(3).patience(2_500_000_000L), 6, lease);
        assertThat(lease.path("metadata").path("annotations").path("redis-ha/patience").asText()).isEqualTo("2500");
        assertThat(LeaseText.read(lease, true).patience()).isEqualTo(2_500_000_000L);
        LeaseText.write(held(3), 6, lease);
        assertThat(LeaseText.read(lease, true)).isEqualTo(held(3));
    }

    @Test
    void anExtensionThatNobodyCanReadIsTakenForTheLongest() {
        for (var told : Map.of("", 10_000L, "soon", 10_000L, "99999999999999999999", 10_000L, "9223372036854775807", 10_000L, "20000", 10_000L, "-1", 0L, " 5 ", 5L).entrySet()) {
            ObjectNode lease = KubeClient.JSON.createObjectNode();
            LeaseText.write(held(3), 6, lease);
            lease.withObject("/metadata").withObject("/annotations").put("redis-ha/patience", told.getKey());
            assertThat(LeaseText.read(lease, true).patience()).as(told.getKey()).isEqualTo(told.getValue() * 1_000_000);
        }
    }

    @Test
    void keepsWhoTookTheLeaseAndTakesItAwayWithTheLastWord() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        List<LeaseRecord.Taker> takers = List.of(new LeaseRecord.Taker("redis-ha-1", 2), new LeaseRecord.Taker("redis-ha-0", 3));
        LeaseText.write(held(3).takers(takers), 6, lease);
        assertThat(lease.path("metadata").path("annotations").path("redis-ha/takers").asText()).isEqualTo("redis-ha-1/2,redis-ha-0/3");
        assertThat(LeaseText.read(lease, true).takers()).isEqualTo(takers);
        LeaseText.write(held(3), 6, lease);
        assertThat(LeaseText.read(lease, true)).isEqualTo(held(3));
    }

    @Test
    void keepsHowManyMastersWereKilledAndTakesItAwayWithTheLastWord() {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(3).kills(new LeaseRecord.Kills(2, 3)), 6, lease);
        assertThat(lease.path("metadata").path("annotations").path("redis-ha/kills").asText()).isEqualTo("2/3");
        assertThat(LeaseText.read(lease, true).kills()).isEqualTo(new LeaseRecord.Kills(2, 3));
        LeaseText.write(held(3), 6, lease);
        assertThat(LeaseText.read(lease, true)).isEqualTo(held(3));
    }

    @Test
    void killsThatNobodyCanReadAreNoneAndNoneIsBelievedToBeOfATermToCome() {
        for (String told : List.of("", "/", "2", "2/", "/3", "2/3x", "0/3", "-1/3", "2/4", "99999999999999999999/3", "2/99999999999999999999")) {
            assertThat(kills(told)).as(told).isNull();
        }
        assertThat(kills(" 2 / 1 ")).isEqualTo(new LeaseRecord.Kills(2, 1));
        assertThat(kills("1000/3")).as("as many as count").isEqualTo(new LeaseRecord.Kills(3, 3));
    }

    private static LeaseRecord.Kills kills(String told) {
        ObjectNode lease = KubeClient.JSON.createObjectNode();
        LeaseText.write(held(3), 6, lease);
        lease.withObject("/metadata").withObject("/annotations").put("redis-ha/kills", told);
        return LeaseText.read(lease, true).kills();
    }

    @Test
    void takersThatNobodyCanReadAreNone() {
        for (String told : List.of("", ",", "redis-ha-0", "redis-ha-0/", "redis-ha-0/3x", "redis-ha-0/99999999999999999999", "redis-ha-0/2", "/")) {
            ObjectNode lease = KubeClient.JSON.createObjectNode();
            LeaseText.write(held(3), 6, lease);
            lease.withObject("/metadata").withObject("/annotations").put("redis-ha/takers", told);
            assertThat(LeaseText.read(lease, true).takers()).as(told).isEmpty();
        }
    }
}
