package io.redisha.model;

/**
 * Who holds, or may hold, the Lease: one run of one container of one pod.
 *
 * <p>The pod's name alone is not enough: a force-deleted pod can still run next to a new pod of the same name. The UID
 * alone is not enough either: a container that restarts keeps it, but has forgotten every promise it made.
 */
public record Identity(String pod, String uid, String incarnation) {

    public static Identity parse(String text) {
        String[] part = text.split("/", -1);
        if (part.length != 3) {
            throw new IllegalArgumentException("not a holder identity (pod/uid/incarnation): " + text);
        }
        return new Identity(part[0], part[1], part[2]);
    }

    public MemberId member() {
        return new MemberId(pod, uid);
    }

    @Override
    public String toString() {
        return pod + "/" + uid + "/" + incarnation;
    }
}
