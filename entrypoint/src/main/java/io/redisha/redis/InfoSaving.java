package io.redisha.redis;

import io.redisha.model.Misconf;
import io.redisha.model.ServerInfo.Aof;

/** What INFO says of the last time that something was to be written to disk. */
final class InfoSaving {

    private boolean appends;
    private boolean rewriting;
    private boolean rewriteFailed;
    private boolean appendFailed;
    private boolean snapshotFailed;
    private long snapshotTook = -1;

    void read(InfoFields field) {
        switch (field.key()) {
            case "aof_enabled" -> appends = field.yes();
            case "aof_rewrite_in_progress", "aof_rewrite_scheduled" -> rewriting |= field.yes();
            case "aof_last_bgrewrite_status" -> rewriteFailed = field.value().equals("err");
            case "aof_last_write_status" -> appendFailed = field.value().equals("err");
            case "rdb_last_bgsave_status" -> snapshotFailed = field.value().equals("err");
            case "rdb_last_bgsave_time_sec" -> snapshotTook = field.number();
            default -> { }
        }
    }

    /** s, -1 for none yet. */
    long snapshotTook() {
        return snapshotTook;
    }

    Aof aof() {
        return !appends ? Aof.OFF : rewriting ? Aof.REWRITING : rewriteFailed ? Aof.FAILED : Aof.WHOLE;
    }

    /** A snapshot that has failed stops writes only by settings that INFO does not tell: see {@link Link#stopsWithoutSnapshot}. */
    Misconf misconf() {
        return appends && appendFailed ? Misconf.AOF : snapshotFailed ? Misconf.SNAPSHOT : Misconf.NONE;
    }
}
