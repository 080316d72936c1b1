package io.redisha.model;

/** Why a server refuses writes with {@code -MISCONF}, or would if it were a master. */
public enum Misconf {
    NONE,
    /** aof_last_write_status:err */
    AOF,
    /** rdb_last_bgsave_status:err, with save points and stop-writes-on-bgsave-error. */
    SNAPSHOT
}
