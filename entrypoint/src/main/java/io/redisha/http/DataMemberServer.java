package io.redisha.http;

import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.model.MemberState;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Where siblings, and the {@code switchover} command, talk to the agent of a server that sentinels watch over. */
public final class DataMemberServer implements Desk.Routes {

    /** The agent's own answers; called on the loop's thread only. */
    public interface Answers {

        MemberState onAsk();

        /** @return null for done, else why not */
        String onPrefer(boolean preferred);

        /**
         * @param to      null = whoever is best
         * @param outcome null for done, else why not
         */
        void onSwitchover(String to, Consumer<String> outcome);
    }

    private final Desk desk;
    private final Answers answers;
    private final Consumer<Runnable> freshen;
    private final Supplier<DataSnapshot> snapshot;
    private final Handover switchover;
    private final int port;

    /**
     * @param freshen  asks the own server now, without blocking; runs its argument on the loop's thread when the loop has the answer
     * @param snapshot gives null until the loop runs
     * @param handover nanoseconds that a handover may take
     */
    public DataMemberServer(HttpThread http, int port, Token token, Executor loop, Answers answers, Consumer<Runnable> freshen, Supplier<DataSnapshot> snapshot,
            SiblingClient siblings, long handover) throws IOException {
        this.answers = answers;
        this.freshen = freshen;
        this.snapshot = snapshot;
        this.desk = new Desk(http, token, loop);
        this.switchover = new Handover(http, desk, siblings.agents(), this::sight, answers::onSwitchover, handover);
        this.port = desk.open(port, this);
    }

    public int port() {
        return port;
    }

    private Handover.Sight sight() {
        DataSnapshot seen = snapshot.get();
        if (seen == null) {
            return null;
        }
        String self = seen.self().id().pod();
        return new Handover.Sight(self, seen.master(), self.equals(seen.master()), Handover.hostOf(seen.master(), seen.siblings(), seen.pods()));
    }

    @Override
    public long limit(String path) {
        return path.equals("/member/switchover") ? switchover.limit() : Desk.QUESTION;
    }

    @Override
    public boolean route(HttpThread.Request request, HttpThread.Reply reply) throws IOException {
        switch (request.method() + " " + request.path()) {
            case "GET /member/state" -> desk.answerAfresh(reply, freshen, () -> Wire.encode(answers.onAsk()));
            case "POST /member/prefer" -> {
                boolean preferred = Wire.preferred(request.body());
                desk.onLoop(reply, () -> {
                    String why = answers.onPrefer(preferred);
                    Desk.text(reply, why == null ? 200 : 409, why == null ? "" : why);
                });
            }
            case "POST /member/switchover" -> switchover.order(Wire.switchoverTo(request.body()), request.query(), reply);
            default -> {
                return false;
            }
        }
        return true;
    }
}
