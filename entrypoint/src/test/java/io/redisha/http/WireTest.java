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
import io.redisha.model.Vote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WireTest {

    private final Random random = new Random(3);

    private <T> T maybe(Supplier<T> value) {
        return random.nextInt(4) == 0 ? null : value.get();
    }

    private String word() {
        return maybe(() -> List.of("", "a", "redis-ha-1", "0123456789abcdef", "\"\\\n ü").get(random.nextInt(5)));
    }

    private Identity identity() {
        return maybe(() -> new Identity("p-" + random.nextInt(9), "u" + random.nextInt(), "i" + random.nextInt()));
    }

    private Address address() {
        return maybe(() -> new Address(random.nextBoolean() ? "10.0.0.1" : "fd00::7", random.nextInt(65536)));
    }

    private MemberId id() {
        return new MemberId("p-" + random.nextInt(9), "u" + random.nextInt());
    }

    private ServerInfo server() {
        return maybe(() -> new ServerInfo(word(), maybe(() -> Role.values()[random.nextInt(2)]), word(), word(), random.nextLong(),
                random.nextLong(), random.nextBoolean(), random.nextBoolean(), random.nextBoolean(), random.nextBoolean(), random.nextInt(),
                address(), random.nextInt(), random.nextInt(), ServerInfo.Aof.values()[random.nextInt(4)], Misconf.values()[random.nextInt(3)], random.nextBoolean()));
    }

    private Data data() {
        return maybe(() -> new Data(word(), random.nextLong(), word(), word(), random.nextLong(), random.nextLong(), random.nextBoolean(),
                random.nextBoolean()));
    }

    private MemberState state() {
        return new MemberState(maybe(this::id), address(), random.nextLong(), random.nextBoolean(), random.nextBoolean(),
                random.nextBoolean(), server(), data(), word(), random.nextBoolean());
    }

    private LeaseView.Present lease() {
        LeaseRecord record = new LeaseRecord(identity(), random.nextLong(), maybe(() -> Mode.values()[random.nextInt(2)]),
                IntStream.range(0, random.nextInt(4)).mapToObj(i -> id()).toList(), word(), word(), random.nextLong(), random.nextBoolean(),
                IntStream.range(0, random.nextInt(4)).mapToObj(i -> "p-" + i).toList(), word(), word(),
                maybe(() -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000))));
        return new LeaseView.Present(random.nextBoolean() ? record : record.takers(List.of(new LeaseRecord.Taker("p-1", record.term() - 1),
                new LeaseRecord.Taker("p-0", record.term()))), word());
    }

    @Test
    void readsEveryMessageAsItWasWritten() throws IOException {
        for (int i = 0; i < 2000; i++) {
            Heartbeat heartbeat = new Heartbeat(identity(), address(), random.nextLong(), random.nextLong(), random.nextBoolean(), word(), word(),
                    random.nextBoolean(), random.nextInt(10_001) * 1_000_000L);
            assertThat(Wire.heartbeat(Wire.encode(heartbeat))).isEqualTo(heartbeat);
            Heartbeat.Reply beat = new Heartbeat.Reply(random.nextBoolean(), random.nextLong(), maybe(this::state), random.nextInt(10_001) * 1_000_000L);
            assertThat(Wire.heartbeatReply(Wire.encode(beat))).isEqualTo(beat);
            Vote vote = new Vote(identity(), random.nextLong());
            assertThat(Wire.vote(Wire.encode(vote))).isEqualTo(vote);
            Vote.Reply voted = new Vote.Reply(random.nextBoolean(), random.nextLong(), maybe(this::state));
            assertThat(Wire.voteReply(Wire.encode(voted))).isEqualTo(voted);
            MemberState state = state();
            assertThat(Wire.state(Wire.encode(state))).isEqualTo(state);
            LeaseView.Present lease = lease();
            assertThat(Wire.lease(Wire.encode(lease))).isEqualTo(lease);
        }
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

    /** A member of 0.3.0 neither asks for a longer promise nor gives one; nonsense is bounded where it comes in. */
    @Test
    void anExtensionThatIsMissingIsNoneAndOneThatIsTooLongIsTheLongest() throws IOException {
        for (var told : java.util.Map.of("", 0L, ",\"patience\":2500", 2500L, ",\"patience\":-1", 0L, ",\"patience\":9223372036854775807", 10_000L).entrySet()) {
            String beat = "{\"leader\":\"p-0/u/i\",\"term\":7" + told.getKey() + "}";
            assertThat(Wire.heartbeat(beat.getBytes(StandardCharsets.UTF_8)).patience()).as(beat).isEqualTo(told.getValue() * 1_000_000);
            String reply = "{\"accepted\":true" + told.getKey() + "}";
            assertThat(Wire.heartbeatReply(reply.getBytes(StandardCharsets.UTF_8)).patience()).as(reply).isEqualTo(told.getValue() * 1_000_000);
        }
    }
}
