package io.redisha.simulation;

import java.util.Arrays;
import java.util.BitSet;

/** What a server holds: the writes that it has applied, in their order. */
public final class WriteLog {

    private final Clients clients;
    private int[] writes = new int[16];
    private int size;
    private final BitSet applied;

    WriteLog(Clients clients) {
        this.clients = clients;
        applied = new BitSet();
    }

    private WriteLog(WriteLog of) {
        clients = of.clients;
        writes = Arrays.copyOf(of.writes, Math.max(16, of.size));
        size = of.size;
        applied = (BitSet) of.applied.clone();
    }

    WriteLog copy() {
        return new WriteLog(this);
    }

    void apply(int write) {
        if (size == writes.length) {
            writes = Arrays.copyOf(writes, 2 * size);
        }
        writes[size++] = write;
        applied.set(write);
    }

    /** But for the last so many. */
    WriteLog without(int last) {
        WriteLog left = new WriteLog(clients);
        for (int i = 0; i < size - last; i++) {
            left.apply(writes[i]);
        }
        return left;
    }

    int get(int i) {
        return writes[i];
    }

    public int size() {
        return size;
    }

    /** No key is left, or there never was one. */
    public boolean empty() {
        return size == 0 || clients.empties(writes[size - 1]);
    }

    /** It has keys, and all of them have expired: nobody would miss them. */
    public boolean expired() {
        return !empty() && clients.expired(writes[size - 1]);
    }

    public void addTo(BitSet writes) {
        writes.or(applied);
    }

    public void removeFrom(BitSet writes) {
        writes.andNot(applied);
    }

    /** How many of those it has not applied. */
    public int missing(BitSet of) {
        BitSet missing = (BitSet) of.clone();
        missing.andNot(applied);
        return missing.cardinality();
    }
}
