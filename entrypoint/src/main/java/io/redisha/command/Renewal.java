package io.redisha.command;

import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.LoopThread;
import io.redisha.loop.Renewable;
import io.redisha.process.Healing;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rule D1: what the server's keeper asks of the member, on whose loop it is answered. */
record Renewal(LoopThread loop, Supplier<Renewable> member, Journal journal) implements Healing.Agent {

    private static final Logger LOG = LoggerFactory.getLogger(Renewal.class);
    /** Two heartbeats, ms: what a member says in reply to one the leader answers with the next. */
    private static final long ANSWERED = 500;

    @Override
    public boolean mayBeginAnew(boolean begins) throws InterruptedException {
        Renewable known = member.get();
        boolean may = known != null && isTrue(() -> known.mayBeginAnew(begins));
        if (!may) {
            Thread.sleep(ANSWERED);   // whom it has asked
            may = known != null && isTrue(() -> known.mayBeginAnew(begins));
        }
        return may;
    }

    @Override
    public boolean isWhole() throws InterruptedException {
        Renewable known = member.get();
        return known != null && isTrue(known::isWhole);
    }

    @Override
    public void hasSetAside(String where) {
        loop.execute(() -> journal.note(Act.SET_ASIDE, null, -1, where));
    }

    @Override
    public void isStuck(String problem) {
        LOG.warn("{}", problem);
    }

    /** @return false also if the loop does not answer within a second */
    private boolean isTrue(BooleanSupplier question) throws InterruptedException {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        loop.execute(() -> {
            if (!answer.isDone()) {
                answer.complete(question.getAsBoolean());
            }
        });
        try {
            return answer.get(1, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            answer.cancel(false);   // nobody waits for it any more: it is not to be asked after all
            return false;
        }
    }
}
