package io.redisha.command;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One HTTP request over one socket. {@code status} is done before java.net.http would have loaded its classes.
 */
final class PlainHttp {

    /** @param body whole, as text */
    record Reply(int status, String body) {}

    /** Of either version: programs of peers are others' work. Words after the number are nobody's duty. */
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})[ \\r]");

    private PlainHttp() {}

    static Reply get(String host, int port, String path, Duration within) throws IOException {
        return send(host, port, "GET " + path, "", "", within);
    }

    static Reply post(String host, int port, String path, String authorization, String body, Duration within) throws IOException {
        return send(host, port, "POST " + path, "Authorization: " + authorization + "\r\n", body, within);
    }

    private static Reply send(String host, int port, String start, String headers, String body, Duration within) throws IOException {
        try (Socket socket = new Socket()) {
            int millis = Math.toIntExact(within.toMillis());
            socket.connect(new InetSocketAddress(host, port), millis);
            socket.setSoTimeout(millis);
            byte[] content = body.getBytes(StandardCharsets.UTF_8);
            socket.getOutputStream().write((start + " HTTP/1.1\r\nHost: redis-ha\r\nConnection: close\r\n" + headers
                    + "Content-Length: " + content.length + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int head = answer.indexOf("\r\n\r\n");
            Matcher line = STATUS.matcher(answer);
            if (head < 0 || !line.lookingAt()) {
                throw new IOException(answer.isEmpty() ? "connection closed" : "not an HTTP answer");
            }
            return new Reply(Integer.parseInt(line.group(1)), answer.substring(head + 4));
        }
    }
}
