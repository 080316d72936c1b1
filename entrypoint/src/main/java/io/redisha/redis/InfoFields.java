package io.redisha.redis;

/** The fields of an INFO or CLUSTER INFO, one after the other; it is read ten times a second, so no map is made of it. */
final class InfoFields {

    private final String reply;
    private int from;
    private String key;
    private String value;

    InfoFields(String reply) {
        this.reply = reply;
    }

    /** To the next one, if there is one. */
    boolean next() {
        while (from < reply.length()) {
            int start = from;
            int end = reply.indexOf('\n', start);
            if (end < 0) {
                end = reply.length();
            }
            from = end + 1;
            int colon = reply.indexOf(':', start);
            if (colon > start && colon < end && reply.charAt(start) != '#') {
                key = reply.substring(start, colon);
                value = reply.substring(colon + 1, end > colon + 1 && reply.charAt(end - 1) == '\r' ? end - 1 : end);
                return true;
            }
        }
        return false;
    }

    String key() {
        return key;
    }

    String value() {
        return value;
    }

    long number() {
        return Long.parseLong(value);
    }

    boolean yes() {
        return value.equals("1");
    }

    /** The key is this name and a number. */
    boolean isNumbered(String name) {
        return key.length() > name.length() && key.startsWith(name) && Character.isDigit(key.charAt(name.length()));
    }
}
