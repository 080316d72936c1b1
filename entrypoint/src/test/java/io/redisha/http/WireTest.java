package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Misconf;
import io.redisha.model.Mode;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.Term;
import io.redisha.model.Vote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {

    /** The least that a member says of itself. */
    private static final String STATE = "{\"id\":\"p-0=u\",\"redis\":\"10.0.0.1:6379\",\"data\":{}}";

    private final Random random = new Random(3);

    private <T> T maybe(Supplier<T> value) {
        return random.nextInt(4) == 0 ? null : value.get();
    }

    private String word() {
        return maybe(() -> List.of("", "a", "redis-ha-1", "0123456789abcdef", "\"\\\n ü").get(random.nextInt(5)));
    }

    private Identity identity() {
        return new Identity("p-" + random.nextInt(9), "u" + random.nextInt(), "i" + random.nextInt());
    }

    private Address address() {
        return new Address(random.nextBoolean() ? "10.0.0.1" : "fd00::7", random.nextInt(65536));
    }

    private MemberId id() {
        return new MemberId("p-" + random.nextInt(9), "u" + random.nextInt());
    }

    private long term(long most) {
        return random.nextInt(9) == 0 ? most : random.nextLong(most + 1);
    }

    private long offset() {
        return random.nextLong(-1, Term.MOST_NUMBER + 1);
    }

    private ServerInfo server() {
        return maybe(() -> new ServerInfo(word(), maybe(() -> Role.values()[random.nextInt(2)]), word(), word(), offset(),
                offset(), random.nextBoolean(), random.nextBoolean(), random.nextBoolean(), random.nextBoolean(), random.nextInt(),
                maybe(this::address), random.nextInt(), random.nextInt(), ServerInfo.Aof.values()[random.nextInt(4)], Misconf.values()[random.nextInt(3)], random.nextBoolean()));
    }

    private Data data(long mostTerm) {
        return new Data(word(), term(mostTerm), word(), word(), offset(), offset(), random.nextBoolean(), random.nextBoolean(), random.nextBoolean());
    }

    private MemberState state(long mostTerm) {
        return new MemberState(id(), address(), term(mostTerm), random.nextBoolean(), random.nextBoolean(), random.nextBoolean(), server(), data(mostTerm), word(),
                random.nextBoolean());
    }

    private LeaseView.Present lease() {
        LeaseRecord record = new LeaseRecord(maybe(this::identity), term(Term.MOST), maybe(() -> Mode.values()[random.nextInt(2)]),
                IntStream.range(0, random.nextInt(4)).mapToObj(i -> id()).toList(), word(), word(), offset(), random.nextBoolean(),
                IntStream.range(0, random.nextInt(4)).mapToObj(i -> "p-" + i).toList(), word(), word(),
                maybe(() -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000))));
        record = random.nextBoolean() ? record : record.kills(new LeaseRecord.Kills(1 + random.nextInt(3), record.term()));
        return new LeaseView.Present(random.nextBoolean() ? record : record.takers(List.of(new LeaseRecord.Taker("p-1", record.term() - 1),
                new LeaseRecord.Taker("p-0", record.term()))), word());
    }

    @Test
    void readsEveryMessageAsItWasWritten() throws IOException {
        for (int i = 0; i < 2000; i++) {
            Heartbeat heartbeat = new Heartbeat(identity(), address(), term(Term.MOST_TOLD), random.nextLong(), random.nextBoolean(), word(), word(),
                    random.nextBoolean(), random.nextInt(10_001) * 1_000_000L, word());
            assertThat(Wire.heartbeat(Wire.encode(heartbeat))).isEqualTo(heartbeat);
            Heartbeat.Reply beat = new Heartbeat.Reply(random.nextBoolean(), random.nextLong(), state(Term.MOST_TOLD), random.nextInt(10_001) * 1_000_000L, random.nextBoolean());
            assertThat(Wire.heartbeatReply(Wire.encode(beat))).isEqualTo(beat);
            Vote vote = new Vote(identity(), term(Term.MOST_TOLD));
            assertThat(Wire.vote(Wire.encode(vote))).isEqualTo(vote);
            Vote.Reply voted = new Vote.Reply(random.nextBoolean(), term(Term.MOST_TOLD), state(Term.MOST_TOLD));
            assertThat(Wire.voteReply(Wire.encode(voted))).isEqualTo(voted);
            MemberState state = state(Term.MOST_TOLD);
            assertThat(Wire.state(Wire.encode(state))).isEqualTo(state);
            MemberState watched = state(Term.MOST_NUMBER);
            assertThat(Wire.watched(Wire.encode(watched))).isEqualTo(watched);
            LeaseView.Present lease = lease();
            assertThat(Wire.lease(Wire.encode(lease))).isEqualTo(lease);
        }
    }

    /** Where only one may, and that is nobody yet, it says so. */
    @Test
    void aLeaderOfAnEarlierVersionThatPermittedNobodyInParticularPermitsAnybody() throws IOException {
        String older = new String(Wire.encode(new Heartbeat(identity(), address(), 7, 1, true, "set", "a", true)), StandardCharsets.UTF_8);
        assertThat(Wire.heartbeat(older.getBytes(StandardCharsets.UTF_8)).anew()).isNull();
        assertThat(Wire.heartbeat(older.replace(",\"anew\":null", "").getBytes(StandardCharsets.UTF_8)).anew()).isEqualTo(Heartbeat.ANYBODY);
    }

    @Test
    void ignoresWhatANewerProgramAdds() throws IOException {
        byte[] newer = "{\"candidate\":\"p-0/u/i\",\"term\":7,\"mood\":{\"good\":[1,2]}}".getBytes(StandardCharsets.UTF_8);

        assertThat(Wire.vote(newer)).isEqualTo(new Vote(new Identity("p-0", "u", "i"), 7));
    }

    @Test
    void refusesWhatIsNoMessage() {
        for (String bad : List.of("", "null", "[]", "{", "{\"candidate\":\"nobody\"}")) {
            assertThatThrownBy(() -> Wire.vote(bad.getBytes(StandardCharsets.UTF_8))).as(bad).isInstanceOf(IOException.class);
        }
    }

    // ---- numbers that can't be (L3)

    private interface Decoder {
        Object decode(byte[] body) throws IOException;
    }

    private static void isNone(Decoder decoder, String message, String why) {
        assertThatThrownBy(() -> decoder.decode(message.getBytes(StandardCharsets.UTF_8))).as(message).isInstanceOf(IOException.class).hasMessage(why);
    }

    /** Of 0.3.0 as of later ones. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1_000_006, 2_000_000_000, 2_146_483_647})
    void anyTermThatLeavesANextOneIsBelievedHoweverFarFromTheLastOne(long term) throws IOException {
        byte[] message = ("{\"leader\":\"p-0/u/i\",\"redis\":\"10.0.0.1:6379\",\"candidate\":\"p-0/u/i\",\"state\":" + STATE + ",\"term\":" + term + "}").getBytes(StandardCharsets.UTF_8);
        assertThat(Wire.heartbeat(message).term()).isEqualTo(term);
        assertThat(Wire.vote(message).term()).isEqualTo(term);
        assertThat(Wire.voteReply(message).term()).isEqualTo(term);
        assertThat(Wire.state(STATE.replace("{}", "{\"term\":" + term + "}").getBytes(StandardCharsets.UTF_8)).data().term()).isEqualTo(term);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2146483648", "2147483647", "2147483648", "9223372036854775807", "99999999999999999999", "-1", "1e3", "7.5", "\"7\"", "[]", "true"})
    void aMessageOfATermThatLeavesNoNextOneIsNone(String term) {
        String message = "{\"leader\":\"p-0/u/i\",\"redis\":\"10.0.0.1:6379\",\"candidate\":\"p-0/u/i\",\"state\":" + STATE + ",\"term\":" + term + "}";
        for (Decoder decoder : List.<Decoder>of(Wire::heartbeat, Wire::vote, Wire::voteReply)) {
            isNone(decoder, message, "term is no number from 0 to 2146483647");
        }
        isNone(Wire::lease, message, "term is no number from 0 to 2145483647");
        isNone(Wire::state, STATE.replace("{}", "{\"term\":" + term + "}"), "term is no number from 0 to 2146483647");
        isNone(Wire::state, STATE.replace("\"data\"", "\"term\":" + term + ",\"data\""), "term is no number from 0 to 2146483647");
    }

    @Test
    void anEpochOfSentinelsMayBeAnyThatDoesNotOverflow() throws IOException {
        String state = STATE.replace("\"data\"", "\"term\":4611686018427387904,\"data\"");
        assertThat(Wire.watched(state.getBytes(StandardCharsets.UTF_8)).term()).isEqualTo(1L << 62);
        isNone(Wire::watched, state.replace("904", "905"), "term is no number from 0 to 4611686018427387904");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4611686018427387905", "-2", "99999999999999999999", "1e3", "\"7\""})
    void aStateWithAnOffsetThatCannotBeIsNone(String offset) {
        String why = " is no number from -1 to 4611686018427387904";
        for (String key : List.of("offset", "secondOffset")) {
            String said = "{\"" + key + "\":" + offset + "}";
            isNone(Wire::state, STATE.replace("{}", said), key + why);
            isNone(Wire::watched, STATE.replace("\"data\"", "\"server\":" + said + ",\"data\""), key + why);
        }
    }

    /** It would be a defect, over and over, of the loop that looks at it. */
    @Test
    void aMessageThatDoesNotSayOfWhomItIsIsNone() throws IOException {
        assertThat(Wire.state(STATE.getBytes(StandardCharsets.UTF_8)).id()).isEqualTo(new MemberId("p-0", "u"));
        for (String missing : List.of("id", "redis", "data")) {
            isNone(Wire::state, STATE.replace("\"" + missing + "\"", "\"else\""), missing + " is missing");
            isNone(Wire::heartbeatReply, "{\"accepted\":true,\"state\":" + STATE.replace("\"" + missing + "\"", "\"else\"") + "}", missing + " is missing");
        }
        isNone(Wire::heartbeat, "{\"term\":7}", "leader is missing");
        isNone(Wire::heartbeat, "{\"term\":7,\"leader\":\"p-0/u/i\",\"redis\":null}", "redis is missing");
        isNone(Wire::vote, "{\"term\":7}", "candidate is missing");
        isNone(Wire::heartbeatReply, "{\"accepted\":true}", "state is missing");
        isNone(Wire::voteReply, "{\"granted\":true,\"state\":null}", "state is missing");
    }

    /** A member of 0.3.0 neither asks for a longer promise nor gives one; nonsense is bounded where it comes in. */
    @Test
    void anExtensionThatIsMissingIsNoneAndOneThatIsTooLongIsTheLongest() throws IOException {
        for (var told : java.util.Map.of("", 0L, ",\"patience\":2500", 2500L, ",\"patience\":-1", 0L, ",\"patience\":9223372036854775807", 10_000L).entrySet()) {
            String beat = "{\"leader\":\"p-0/u/i\",\"redis\":\"10.0.0.1:6379\",\"term\":7" + told.getKey() + "}";
            assertThat(Wire.heartbeat(beat.getBytes(StandardCharsets.UTF_8)).patience()).as(beat).isEqualTo(told.getValue() * 1_000_000);
            String reply = "{\"accepted\":true,\"state\":" + STATE + told.getKey() + "}";
            assertThat(Wire.heartbeatReply(reply.getBytes(StandardCharsets.UTF_8)).patience()).as(reply).isEqualTo(told.getValue() * 1_000_000);
        }
    }
}
