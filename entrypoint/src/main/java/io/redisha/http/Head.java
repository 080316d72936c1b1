package io.redisha.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Start line and the headers that matter of a request, or of an answer. Anything that two programs could read in two ways is
 * refused: it is never a probe, Prometheus or a sibling.
 *
 * @param length        bytes of the body
 * @param chunked       the body's length is not said: nothing here is sent or taken that way
 * @param authorization null if there is none
 */
record Head(String start, int length, boolean chunked, String authorization, boolean close) {

    /** Bytes that a head may have. Those of siblings have some 200, Prometheus' some 400. */
    static final int MAX = 8 * 1024;
    /** The kubelet sends 4 headers, Prometheus 7; whatever stands between may add some. */
    private static final int MAX_HEADERS = 64;
    private static final int MAX_DIGITS = 9;

    /** Where the head ends in the bytes before {@code filled}, of which those before {@code from} have been looked at; -1 if it is not whole. */
    static int end(byte[] in, int from, int filled) {
        for (int i = Math.max(3, from); i < filled; i++) {
            if (in[i] == '\n' && in[i - 1] == '\r' && in[i - 2] == '\n' && in[i - 3] == '\r') {
                return i + 1;
            }
        }
        return -1;
    }

    static Head of(byte[] in, int end) throws Refused {
        String text = new String(in, 0, end - 2, StandardCharsets.ISO_8859_1);
        int next = text.indexOf("\r\n");
        String start = text.substring(0, next);
        int length = -1;
        boolean chunked = false;
        String authorization = null;
        boolean close = start.endsWith("HTTP/1.0");
        int headers = 0;
        for (int at = next + 2; at < text.length(); at = next + 2) {
            next = text.indexOf("\r\n", at);
            int colon = text.indexOf(':', at);
            if (++headers > MAX_HEADERS) {
                throw new Refused(431, "more than " + MAX_HEADERS + " headers");
            }
            // A blank before the colon, or at the line's beginning, hides a header from some programs and not from others.
            if (colon <= at || colon > next || text.charAt(at) <= ' ' || text.charAt(colon - 1) <= ' ') {
                throw new Refused(400, "a line that is no header");
            }
            String value = text.substring(colon + 1, next).strip();
            switch (text.substring(at, colon).toLowerCase(Locale.ROOT)) {
                case "content-length" -> {
                    if (length >= 0) {
                        throw new Refused(400, "two lengths");
                    }
                    length = number(value);
                }
                case "authorization" -> authorization = value;
                case "connection" -> close = value.equalsIgnoreCase("close") || close && !value.equalsIgnoreCase("keep-alive");
                case "transfer-encoding" -> chunked = true;
                default -> { }
            }
        }
        return new Head(start, Math.max(0, length), chunked, authorization, close);
    }

    private static int number(String digits) throws Refused {
        if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new Refused(400, "a length that is no number");
        }
        if (digits.length() > MAX_DIGITS) {
            throw new Refused(413, "a body too long");
        }
        return Integer.parseInt(digits);
    }
}
