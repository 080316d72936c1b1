package io.redisha.decide.sentinel;

import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberState;
import io.redisha.model.Reason;
import io.redisha.model.SentinelView;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Whom the sentinels begin with where nobody remembers a master: at the first start of the release, or when sentinels and Lease were lost
 * together. Only the pod that holds the Lease does it (rules B2, B4).
 */
public final class Founding {

    /** What it comes to. */
    public sealed interface Outcome {

        record Wait(String detail) implements Outcome {}

        record Refuse(Reason reason, String detail) implements Outcome {}

        /** @param datasetId that the release's data has already, null for none */
        record Found(Appointment first, String datasetId, boolean empty, Reason reason) implements Outcome {}
    }

    private Founding() {}

    /**
     * Null if there is nothing to found.
     *
     * @param views   of sentinels that are wanted
     * @param all     redis pods that have answered, the own one among them
     * @param present no pod that exists is missing from them, and they were waited for
     */
    public static Outcome decide(LeaseRecord record, Collection<SentinelView> views, List<MemberState> all, int wanted, boolean present) {
        if (record == null || Appointment.noted(record) != null || views.stream().anyMatch(v -> v.answering() && v.master() != null)) {
            return null;   // somebody remembers
        }
        boolean complete = all.stream().filter(m -> m.id().ordinal() < wanted).count() >= wanted || present;
        if (!complete || all.stream().anyMatch(m -> !m.stopping() && Heirs.unknown(m))) {
            return new Outcome.Wait("waiting for the other pods of the release");
        }
        List<String> datasets = all.stream().filter(m -> !m.empty() && m.data().datasetId() != null).map(m -> m.data().datasetId()).distinct().toList();
        boolean unmarked = datasets.isEmpty() && all.stream().filter(m -> !m.empty()).count() > 1;
        if (datasets.size() > 1 || unmarked && all.stream().noneMatch(MemberState::writable)) {
            return new Outcome.Refuse(Reason.FOREIGN_DATA, "several volumes hold data, and nothing says which is the release's: keep one, empty the others");
        }
        List<MemberState> writable = all.stream().filter(m -> Heirs.ready(m) && m.writable()).toList();
        // who held the Lease last says nothing here: it is the office's, not the master's
        Optional<MemberState> first = Heirs.best(writable.isEmpty() ? all : writable, null);
        if (first.isEmpty()) {
            return new Outcome.Wait("no server is ready");
        }
        long epoch = all.stream().mapToLong(m -> Math.max(m.term(), m.data().term())).max().orElse(0) + 1;
        boolean empty = all.stream().allMatch(MemberState::empty);
        return new Outcome.Found(new Appointment(first.get().id().pod(), epoch), datasets.isEmpty() ? record.datasetId() : datasets.getFirst(), empty,
                epoch == 1 ? Reason.BOOTSTRAP : Reason.LEASE_MISSING);
    }
}
