package io.redisha.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import java.time.Instant;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Rule L4. */
class LeaseSightTest {

    private static final LeaseSight FIRST = LeaseSight.see(null, view("1"), 1000, 1010);

    private static LeaseView view(String version) {
        return view(version, lease -> { });
    }

    private static LeaseView view(String version, Consumer<Scene.Lease> change) {
        Scene.Lease lease = new Scene.Lease();
        change.accept(lease);
        return new LeaseView.Present(lease.record(), version);
    }

    @Test
    void isUnchangedFromTheFirstAnswerThatShowedItToTheLastQuestion() {
        assertThat(FIRST.unchangedFor()).as("one look proves nothing").isNotPositive();
        LeaseSight later = LeaseSight.see(FIRST, view("1"), 7000, 7900);
        assertThat(later.unchangedFor()).isEqualTo(7000 - 1010);
    }

    @Test
    void anyWriteStartsTheWaitAnew() {
        LeaseSight renewed = LeaseSight.see(FIRST, view("2"), 7000, 7010);
        assertThat(renewed.unchangedFor()).isNotPositive();
        assertThat(LeaseSight.see(renewed, view("2"), 8000, 8010).unchangedFor()).isEqualTo(8000 - 7010);
    }

    @Test
    void theWritersClockDoesNotMatter() {
        LeaseRecord record = new Scene.Lease().record();
        LeaseView ahead = new LeaseView.Present(record.stamped(Instant.MAX), "1");
        LeaseView behind = new LeaseView.Present(record.stamped(Instant.MIN), "1");
        LeaseSight seen = LeaseSight.see(LeaseSight.see(null, ahead, 1000, 1010), behind, 7000, 7010);
        assertThat(seen.unchangedFor()).isEqualTo(7000 - 1010);
    }

    @Test
    void whatASiblingToldConfirmsNothing() {
        LeaseSight told = LeaseSight.see(FIRST, view("1"), Validity.NEVER, 9000);
        assertThat(told.unchangedFor()).isEqualTo(FIRST.unchangedFor());
        assertThat(LeaseSight.see(null, view("1"), Validity.NEVER, 9000).unchangedFor()).isNegative();
    }

    @Test
    void aLeaseThatIsGoneIsUnchangedWhileItStaysGone() {
        LeaseSight gone = LeaseSight.see(FIRST, new LeaseView.Absent(true), 2000, 2010);
        assertThat(gone.unchangedFor()).isNotPositive();
        assertThat(gone.version()).isNull();
        assertThat(LeaseSight.see(gone, new LeaseView.Absent(true), 9000, 9010).unchangedFor()).isEqualTo(9000 - 2010);
        assertThat(LeaseSight.see(gone, view("1"), 9000, 9010).unchangedFor()).isNotPositive();
    }

    @Test
    void theHolderIsKnownSinceItsFirstRecordOfThisTermHoweverOftenItRenews() {
        LeaseSight renewed = LeaseSight.see(FIRST, view("2"), 7000, 7010);
        assertThat(renewed.heldSince()).isEqualTo(1010);
        assertThat(LeaseSight.see(FIRST, view("2", lease -> lease.term++), 7000, 7010).heldSince()).isEqualTo(7010);
        assertThat(LeaseSight.see(FIRST, view("2", lease -> lease.holder = null), 7000, 7010).heldSince()).isEqualTo(7010);
    }
}
