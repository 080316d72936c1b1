package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Scene.Pod;
import io.redisha.model.Timings;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rule D1. */
class PermissionTest {

    private static final long S = 1_000 * Timings.MS;

    private final Permission permission = new Permission();
    private final Pod one = new Pod(1);
    private final Pod two = new Pod(2);
    private long now = 10 * S;

    @BeforeEach
    void leads() {
        permission.begin(now);
        now += S;
    }

    private void hears(Pod pod, boolean asks) {
        permission.hears(pod.state(), asks, now);
    }

    @Test
    void isTheFirstOnesUntilItHasItsCopyAndThenTheNextOnes() {
        hears(one, true);
        hears(two, true);
        assertThat(permission.named(now)).isEqualTo("r-1");
        one.complete = false;
        hears(one, true);
        hears(two, true);
        assertThat(permission.named(now)).isEqualTo("r-1");
        one.complete = true;
        hears(one, false);
        assertThat(permission.named(now)).isEqualTo("r-2");
        hears(two, false);
        assertThat(permission.named(now)).isNull();
    }

    /** It was permitted by the leader before, or is new. */
    @Test
    void isNobodysWhileAnotherGetsItsCopy() {
        hears(one, true);
        two.complete = false;
        hears(two, false);
        assertThat(permission.named(now)).isNull();
        two.complete = true;
        hears(two, false);
        assertThat(permission.named(now)).isEqualTo("r-1");
    }

    /** The power was cut before it could set its files aside, and its state file says already that it has. */
    @Test
    void isOnceMoreThatOfWhoWasPermittedByTheLeaderBefore() {
        two.complete = false;
        hears(one, true);
        hears(two, true);
        assertThat(permission.named(now)).isEqualTo("r-2");
    }

    @Test
    void isNobodysBeforeALeaderHasHeardOfAllWhoCopy() {
        permission.begin(now);
        hears(one, true);
        assertThat(permission.named(now + S - 1)).isNull();
        assertThat(permission.named(now + S)).isEqualTo("r-1");
    }

    @Test
    void goesOnToTheNextWhenItsOwnerIsNotHeardForTwentySeconds() {
        hears(one, true);
        permission.named(now);
        now += 20 * S + 1;
        hears(two, true);
        assertThat(permission.named(now)).isEqualTo("r-2");
    }

    /** Its volume has no room for a copy, say, or it gets none. */
    @Test
    void goesOnToTheNextWhenItsOwnerHasComeToNothingInTenMinutes() {
        for (long at = now; now <= at + 600 * S; now += S) {
            hears(one, true);
            hears(two, true);
            assertThat(permission.named(now)).isEqualTo("r-1");
        }
        hears(one, true);
        hears(two, true);
        assertThat(permission.named(now)).isEqualTo("r-2");
        now += 601 * S;
        hears(one, true);
        hears(two, true);
        assertThat(permission.named(now)).isEqualTo("r-1");
    }

    /** It copies, and asks in between whenever its server could not load what it got. */
    @Test
    void goesOnToTheNextAlsoWhenItsOwnerBeginsToAskAgainAndAgain() {
        two.complete = false;
        hears(one, true);
        for (long at = now; now <= at + 600 * S; now += S) {
            hears(one, true);
            hears(two, now / S % 2 == 0);
            assertThat(permission.named(now)).as("after %d s", (now - at) / S).isNotEqualTo("r-1");
        }
        now += 2 * S;
        hears(one, true);
        hears(two, false);
        assertThat(permission.named(now)).isEqualTo("r-1");
    }

    @Test
    void isNobodysForTwentySecondsAfterOneThatCopiedWasLastHeard() {
        two.complete = false;
        hears(two, false);
        now += 20 * S;
        hears(one, true);
        assertThat(permission.named(now)).isNull();
        now++;
        assertThat(permission.named(now)).isEqualTo("r-1");
    }
}
