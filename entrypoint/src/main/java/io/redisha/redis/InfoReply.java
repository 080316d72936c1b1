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
        boolean linkUp = false;
        boolean empty = true;
        int priority = 100;
        String masterHost = null;
        int masterPort = 0;
        int goodReplicas = 0;

        for (int from = 0; from < reply.length(); ) {
            int end = reply.indexOf('\n', from);
            if (end < 0) {
                end = reply.length();
            }
            int colon = reply.indexOf(':', from);
            if (colon > from && colon < end && reply.charAt(from) != '#') {
                String key = reply.substring(from, colon);
                String value = reply.substring(colon + 1, end > colon + 1 && reply.charAt(end - 1) == '\r' ? end - 1 : end);
                switch (key) {
                    case "run_id" -> runId = value;
                    case "role" -> role = value;
                    case "master_replid" -> replid = value;
                    case "master_replid2" -> replid2 = value;
                    case "master_repl_offset" -> masterOffset = Long.parseLong(value);
                    case "slave_repl_offset" -> replicaOffset = Long.parseLong(value);
                    case "second_repl_offset" -> secondOffset = Long.parseLong(value);
                    case "loading", "async_loading" -> loading |= value.equals("1");
                    case "master_sync_in_progress" -> syncing = value.equals("1");
                    case "master_link_status" -> linkUp = value.equals("up");
                    case "slave_priority" -> priority = Integer.parseInt(value);
                    case "master_host" -> masterHost = value;
                    case "master_port" -> masterPort = Integer.parseInt(value);
                    default -> {
                        if (numbered(key, "db")) {
                            empty &= value.startsWith("keys=0,");
                        } else if (numbered(key, "slave") && good(value, maxLag)) {
                            goodReplicas++;
                        }
                    }
                }
            }
            from = end + 1;
        }
        if (role == null) {
            throw new IllegalArgumentException("INFO without a role: " + reply);
        }
        boolean master = role.equals("master");
        // A replica also has a master_repl_offset: what it would go on from as a master. It lags behind a MULTI that is being
        // received and keeps its old value after the history was lost; slave_repl_offset is what was applied.
        return new ServerInfo(runId, master ? Role.MASTER : Role.REPLICA, replid, replid2,
                master || replicaOffset < 0 ? masterOffset : replicaOffset, secondOffset, loading, syncing, linkUp, empty, priority,
                master ? null : new Address(masterHost, masterPort), goodReplicas, minReplicas);
    }

    private static boolean numbered(String key, String name) {
        return key.length() > name.length() && key.startsWith(name) && Character.isDigit(key.charAt(name.length()));
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
