package io.redisha.simulation;

/** What must never happen, did. */
public final class Violation extends RuntimeException {

    private static final long serialVersionUID = 1;

    public Violation(String message) {
        super(message);
    }

    public Violation(String message, Throwable cause) {
        super(message, cause);
    }
}
