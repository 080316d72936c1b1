package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;

/** The server's answer to INFO, as text, read into what the loop wants to know. */
final class InfoReply {

    /** Four sections and not all: a reply is read ten times a second. */
    static final String[] COMMAND = {"INFO", "server", "replication", "persistence", "keyspace"};

    private InfoReply() {}

    /**
     * @param minReplicas min-replicas-to-write, which INFO does not say
     * @param maxLag      min-replicas-max-lag in seconds: a replica that was silent for longer is no good one; 0 counts every replica
     */
    static ServerInfo parse(String reply, int minReplicas, int maxLag) {
        String runId = "";
        String role = null;
        String replid = "";
        String replid2 = "";
        long masterOffset = 0;
        long replicaOffset = -1;
        long secondOffset = -1;
        boolean loading = false;
        boolean syncing = false;
        boolean receiving = false;
        boolean linkUp = false;
        boolean empty = true;
        int priority = 100;
        String masterHost = null;
        int masterPort = 0;
        int goodReplicas = 0;
        InfoSaving saving = new InfoSaving();

        for (InfoFields field = new InfoFields(reply); field.next(); ) {
            saving.read(field);
            switch (field.key()) {
                case "run_id" -> runId = field.value();
                case "role" -> role = field.value();
                case "master_replid" -> replid = field.value();
                case "master_replid2" -> replid2 = field.value();
                case "master_repl_offset" -> masterOffset = field.number();
                case "slave_repl_offset" -> replicaOffset = field.number();
                case "second_repl_offset" -> secondOffset = field.number();
                case "loading", "async_loading" -> loading |= field.yes();
                case "master_sync_in_progress" -> syncing = field.yes();
                case "master_sync_total_bytes" -> receiving |= field.number() != -1;   // a size of some GiB overflows in some engines
                case "master_sync_read_bytes" -> receiving |= field.number() != 0;
                case "master_link_status" -> linkUp = field.value().equals("up");
                case "slave_priority" -> priority = (int) field.number();
                case "master_host" -> masterHost = field.value();
                case "master_port" -> masterPort = (int) field.number();
                default -> {
                    if (field.isNumbered("db")) {
                        empty &= field.value().startsWith("keys=0,");
                    } else if (field.isNumbered("slave") && good(field.value(), maxLag)) {
                        goodReplicas++;
                    }
                }
            }
        }
        if (role == null) {
            throw new IllegalArgumentException("INFO without a role: " + reply);
        }
        boolean master = role.equals("master");
        return new ServerInfo(runId, master ? Role.MASTER : Role.REPLICA, replid, replid2, offset(master, masterOffset, replicaOffset), secondOffset, loading, syncing,
                linkUp, empty, priority, master ? null : new Address(masterHost, masterPort), goodReplicas, minReplicas,
                saving.aof(), saving.misconf(), syncing && receiving);
    }

    /**
     * A replica also has a master_repl_offset: what it would go on from as a master. It lags behind a MULTI that is being received and keeps
     * its old value after the history was lost; slave_repl_offset is what was applied.
     *
     * @param replica slave_repl_offset, -1 if INFO does not name one
     */
    static long offset(boolean isMaster, long master, long replica) {
        return isMaster || replica < 0 ? master : replica;
    }

    /** {@code ip=10.244.1.7,port=6379,state=online,offset=1234,lag=0}, later engines adding more. */
    private static boolean good(String replica, int maxLag) {
        boolean online = false;
        boolean recent = maxLag == 0;
        for (String field : replica.split(",")) {
            if (field.equals("state=online")) {
                online = true;
            } else if (field.startsWith("lag=") && maxLag > 0) {
                int lag = Integer.parseInt(field.substring(4));
                recent = lag >= 0 && lag <= maxLag;
            }
        }
        return online && recent;
    }
}
