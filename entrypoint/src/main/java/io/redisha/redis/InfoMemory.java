package io.redisha.redis;

/** What INFO memory says of a server's limit. */
final class InfoMemory {

    private long used;
    private long notCounted;
    private long limit;
    private boolean evictsNothing;

    static boolean full(String reply) {
        InfoMemory memory = new InfoMemory();
        for (InfoFields field = new InfoFields(reply); field.next(); ) {
            memory.read(field);
        }
        return memory.full();
    }

    void read(InfoFields field) {
        switch (field.key()) {
            case "used_memory" -> used = field.number();
            case "mem_not_counted_for_evict" -> notCounted = field.number();
            case "maxmemory" -> limit = field.number();
            case "maxmemory_policy" -> evictsNothing = field.value().equals("noeviction");
            default -> { }
        }
    }

    /** As the server itself counts before each command that may need memory. */
    boolean full() {
        return evictsNothing && limit > 0 && used - notCounted > limit;
    }
}
