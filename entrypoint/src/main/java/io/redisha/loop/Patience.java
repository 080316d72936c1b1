package io.redisha.loop;

import io.redisha.decide.Stillness;
import io.redisha.loop.Journal.Act;
import io.redisha.model.LeaseRecord.Kills;
import io.redisha.model.Pulse;
import io.redisha.model.Reason;

/** What the loop knows of its server's {@link Stillness}, and how it ends it: by SIGKILL, told once however often it comes to that. */
public final class Patience {

    private final Journal journal;
    private final Runnable kill;
    private Stillness stillness;
    private boolean told;
    /** Of the release's masters, as last heard or done. */
    private Kills kills;

    /** @param kill SIGKILL of the server */
    public Patience(Journal journal, Runnable kill, long now) {
        this.journal = journal;
        this.kill = kill;
        stillness = Stillness.begin(now);
    }

    /** At each turn of the loop. */
    public void ticks(long now) {
        stillness = stillness.ticks(now);
    }

    /** @param answered when the server answered last, or was started. @param pulse null if it cannot be read */
    public void sees(long answered, Pulse pulse) {
        stillness = stillness.sees(answered, pulse);
    }

    /** Rule L7: what the Lease says of kills. It lasts from when it was first seen, so what is seen again is no news. @param noted null for none */
    void reads(Kills noted, long now) {
        if (noted != null && noted.isAfter(kills)) {
            kills = noted;
            stillness = stillness.learns(noted.count(), now);
        }
    }

    /** What the Lease should say of kills; null for nothing. */
    Kills kills(long now) {
        return stillness.spell(now) == 0 ? null : kills;
    }

    public Stillness stillness() {
        return stillness;
    }

    /**
     * A master that is silent and left alive is told of, once: why it is silent may be for a person to judge.
     *
     * @param master   it is one, and is not being stopped
     * @param answered when it did last
     * @param term     negative where there is none to tell
     */
    public void tells(boolean master, long answered, String pod, long term, long now) {
        boolean silent = Stillness.problem(now, answered) != null;
        if (master && silent && !told) {
            journal.note(Act.SERVER_SILENT, Reason.SERVER_BUSY, term, "`kubectl exec " + pod + " -c redis -- redis-ha status` shows the release; `kubectl delete pod " + pod
                    + "` ends it");
        }
        told = silent && (told || master);
    }

    /** @param term negative where there is none to tell */
    public void end(Reason why, long term, long now) {
        String words = stillness.words(now);
        stillness = stillness.kills(now);
        kills = new Kills(stillness.spell(now), term);
        if (stillness.isTold()) {
            journal.note(Act.SERVER_KILLED, why, term, words);
        }
        kill.run();
    }
}
