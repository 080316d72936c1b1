package io.redisha.load;

/**
 * One line of a history: what a client asked or learnt, on the clock that all processes of this machine share.
 *
 * @param at    monotonic ns
 * @param side  the server's run id: which life of which server answered; empty while unknown
 * @param acks  replicas that WAIT counted; -1 if it was not asked or did not answer
 */
record Event(long at, String client, String side, String key, long value, Phase phase, int acks, String error) {

    /** What the client may believe: INFO is "unknown", and never counted as acknowledged (faults, section 1). */
    enum Phase { INVOKE, OK, FAIL, INFO }

    String json() {
        return "{\"t_ns\":" + at + ",\"client\":\"" + client + "\",\"side\":\"" + side + "\",\"op\":\"append\",\"key\":\"" + key + "\",\"value\":" + value
                + ",\"phase\":\"" + phase.name().toLowerCase(java.util.Locale.ROOT) + "\",\"acks\":" + acks + ",\"error\":\"" + escape(error) + "\"}";
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ");
    }
}
