package io.redisha.redis;

import io.redisha.model.Misconf;

/** What INFO says of the last time that something was to be written to disk. */
final class InfoSaving {

    private boolean appends;
    private boolean appendFailed;
    private boolean snapshotFailed;

    void read(InfoFields field) {
        switch (field.key()) {
            case "aof_enabled" -> appends = field.yes();
            case "aof_last_write_status" -> appendFailed = field.value().equals("err");
            case "rdb_last_bgsave_status" -> snapshotFailed = field.value().equals("err");
            default -> { }
        }
    }

    /** A snapshot that has failed stops writes only by settings that INFO does not tell: see {@link Link#stopsWithoutSnapshot}. */
    Misconf misconf() {
        return appends && appendFailed ? Misconf.AOF : snapshotFailed ? Misconf.SNAPSHOT : Misconf.NONE;
    }
}
