package io.redisha.model;

/** Why a role changes: the log line, the Kubernetes Event and the metric label, so that the three never disagree. */
public enum Reason {
    BOOTSTRAP("first start of the release"),
    DATA_LOST("every pod came back empty: the data is gone, starting anew"),
    LAST_RESORT("every member answered and none is known to hold everything: the best of them leads"),
    LEASE_RELEASED("the last leader released the Lease"),
    HANDED_OVER("the last leader handed over"),
    LEASE_EXPIRED("the Lease was not renewed for its whole duration"),
    MEMBERS_REPLACED("the Lease was not renewed, and no pod that it names exists any more: should one run on somewhere, two accept writes"),
    LEASE_MISSING("the Lease is gone"),
    MEMBERS_VOTED("a quorum of members no longer hears the leader"),
    LEADER_TERMINATED("the leader's container is terminated"),
    LEASE_IS_OURS("the Lease names this pod"),
    PREDECESSOR_DIED("an earlier run of this container held the Lease"),
    SWITCHOVER("switchover was asked for"),
    POD_STOPS("the pod is being stopped"),
    CANNOT_SAVE("the server can't save, and refuses writes"),
    SERVER_DIED("the server process died"),
    SERVER_SILENT("the server hangs"),
    SERVER_BUSY("nothing proves that it hangs"),
    ROLES_DIFFER("the server follows a master, and is one itself by its cluster's books"),
    SERVER_RESTARTED("the server process is not the one this term began with"),
    ROLE_LOST("the server was turned into a replica by somebody else"),
    VALIDITY_LAPSED("neither the API server nor enough members confirm the leader"),
    LEASE_LOST("the Lease names another leader"),
    LEASE_UNUSABLE("the Lease can't be used"),
    NOT_OPENED("the promotion was not finished within the lease duration"),
    UNEXPECTED_MASTER("the server accepts writes without the Lease"),
    FOREIGN_DATA("the data on this volume belongs to another release"),
    LEADER_CHANGED("following the new leader"),
    HISTORY_DIFFERS("linked, but not on the leader's history: linking anew"),
    BETTER_CANDIDATE("another member has a higher offset"),
    NO_CANDIDATE("no member is fit to lead"),
    CLUSTER_ELECTED("elected by the other masters, the last one is gone"),
    SHAPE_WANTED("the release should have this shape"),
    SCALED_IN("the release is to have fewer pods"),
    ADDRESS_CHANGED("its address has changed"),
    NODE_GONE("its pod is gone, or has come back as a new node"),
    KEYS_OUTDATED("it holds keys of slots that others serve"),
    WRITTEN_TWICE("keys were written on both sides of a move that was cut off"),
    VOLUME_EMPTY("the volume came back without the data that the cluster expects here"),
    NODE_CROWDED("one node holds the majority of the masters"),
    ORDERED("a person ordered it"),
    SENTINELS_AGREE("a majority of the sentinels names it"),
    SENTINELS_SWITCHED("the sentinels have made it the master"),
    SENTINELS_NAME_ANOTHER("the sentinels name another master"),
    FOREIGN_MASTER("the sentinels name a master that is no pod of this release"),
    MASTER_GONE("the master the sentinels name does not come back"),
    CONFIG_CORRUPT("nodes.conf can't be read");

    private final String text;

    Reason(String text) {
        this.text = text;
    }

    /** For a person. */
    public String text() {
        return text;
    }

    /** CamelCase, as Kubernetes Events and metric labels want it. */
    public String code() {
        StringBuilder code = new StringBuilder();
        for (String word : name().split("_")) {
            code.append(word.charAt(0)).append(word.substring(1).toLowerCase(java.util.Locale.ROOT));
        }
        return code.toString();
    }
}
