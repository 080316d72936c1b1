package io.redisha.model;

/** A pod as the member list of the Lease knows it: a recreated pod is another member until the leader admits it. */
public record MemberId(String pod, String uid) {

    public static MemberId parse(String text) {
        int at = text.indexOf('=');
        return at < 0 ? new MemberId(text, "") : new MemberId(text.substring(0, at), text.substring(at + 1));
    }

    /** The StatefulSet's ordinal, -1 if the name has none. */
    public int ordinal() {
        return ordinal(pod);
    }

    public static int ordinal(String pod) {
        int dash = pod.lastIndexOf('-');
        try {
            return Integer.parseInt(pod, dash + 1, pod.length(), 10);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            return -1;
        }
    }

    @Override
    public String toString() {
        return pod + "=" + uid;
    }
}
