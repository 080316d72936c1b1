package io.redisha.model;

/** Where a server listens. */
public record Address(String host, int port) {

    /** What a fenced or booting server "replicates": port 1 of the own host, where nobody ever answers (rules B1, M1). */
    public static final Address DEAD = new Address("127.0.0.1", 1);

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
