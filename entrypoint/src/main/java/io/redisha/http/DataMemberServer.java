package io.redisha.http;

import io.redisha.loop.sentinel.DataMember;
import io.redisha.loop.sentinel.DataSnapshot;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Where siblings, and the {@code switchover} command, talk to the agent of a server that sentinels watch over. */
public final class DataMemberServer implements Desk.Routes {

    private final Desk desk;
    private final DataMember member;
    private final Consumer<Runnable> freshen;
    private final Handover switchover;
    private final int port;

    /**
     * @param freshen  asks the own server now, without blocking; runs its argument on the loop's thread when the loop has the answer
     * @param handover nanoseconds that a handover may take
     */
    public DataMemberServer(HttpThread http, int port, Token token, Executor loop, DataMember member, Consumer<Runnable> freshen, SiblingClient siblings,
            long handover) throws IOException {
        this.member = member;
        this.freshen = freshen;
        this.desk = new Desk(http, token, loop);
        this.switchover = new Handover(http, desk, siblings.agents(), this::sight, member::onSwitchover, handover);
        this.port = desk.open(port, this);
    }

    public int port() {
        return port;
    }

    private Handover.Sight sight() {
        DataSnapshot seen = member.snapshot();
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
            case "GET /member/state" -> desk.answerAfresh(reply, freshen, () -> Wire.encode(member.onAsk()));
            case "POST /member/prefer" -> {
                boolean preferred = Wire.preferred(request.body());
                desk.onLoop(reply, () -> {
                    String why = member.onPrefer(preferred);
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
