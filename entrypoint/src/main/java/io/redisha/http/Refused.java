package io.redisha.http;

import java.io.IOException;

/** A message that is not taken. Its words are ours alone: nothing that a stranger sent gets into a log. */
final class Refused extends IOException {

    private static final long serialVersionUID = 1;

    private final int status;

    Refused(int status, String why) {
        super(why);
        this.status = status;
    }

    int status() {
        return status;
    }

    /** Strangers cause it as often as they like, and it is clear where. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
