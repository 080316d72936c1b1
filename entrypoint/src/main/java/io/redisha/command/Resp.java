package io.redisha.command;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The few words of the Redis protocol that a self-test speaks. */
final class Resp implements Closeable {

    /** Another server has the slot, or, if it is to be asked, has the key already of a slot on its way. */
    static final class Elsewhere extends IOException {
        private static final long serialVersionUID = 1;

        private final String address;

        Elsewhere(String words) {
            super(words);
            address = words.substring(words.lastIndexOf(' ') + 1);
        }

        boolean ask() {
            return getMessage().startsWith("ASK ");
        }

        /** Empty for the one that was asked. */
        String host() {
            return address.substring(0, address.lastIndexOf(':'));
        }

        int port() {
            return Integer.parseInt(address, address.lastIndexOf(':') + 1, address.length(), 10);
        }
    }

    private final Socket socket = new Socket();
    private final InputStream in;

    /** @param password null if the server wants none */
    Resp(String host, int port, String password, Duration within) throws IOException {
        int millis = Math.toIntExact(within.toMillis());
        try {
            socket.connect(new InetSocketAddress(host, port), millis);
            socket.setSoTimeout(millis);
            in = new BufferedInputStream(socket.getInputStream());
            if (password != null) {
                call("AUTH", password);
            }
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The reply as text; null for a null. An error of the server is thrown with its words. */
    String call(String... words) throws IOException {
        send(words);
        return text(line());
    }

    /** A reply that is a list of texts; empty for a null. */
    List<String> list(String... words) throws IOException {
        send(words);
        String line = line();
        if (line.charAt(0) != '*') {
            throw new IOException("unexpected reply: " + text(line));
        }
        List<String> texts = new ArrayList<>();
        for (int left = Integer.parseInt(line.substring(1)); left > 0; left--) {
            texts.add(text(line()));
        }
        return texts;
    }

    private void send(String... words) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.write(("*" + words.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
        for (String word : words) {
            // a password's characters stand for its bytes; all else is ASCII
            byte[] bytes = word.getBytes(StandardCharsets.ISO_8859_1);
            request.write(("$" + bytes.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
            request.write(bytes);
            request.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        socket.getOutputStream().write(request.toByteArray());
    }

    private String text(String line) throws IOException {
        return switch (line.charAt(0)) {
            case '+', ':' -> line.substring(1);
            case '-' -> throw line.startsWith("-MOVED ") || line.startsWith("-ASK ") ? new Elsewhere(line.substring(1)) : new IOException(line.substring(1));
            case '$' -> {
                int length = Integer.parseInt(line.substring(1));
                if (length < 0) {
                    yield null;
                }
                String text = new String(in.readNBytes(length), StandardCharsets.UTF_8);
                in.skipNBytes(2);
                yield text;
            }
            default -> throw new IOException("unexpected reply: " + line);
        };
    }

    /** Who is at the other end. */
    String remote() {
        return socket.getRemoteSocketAddress().toString();
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        if (line.isEmpty()) {
            throw new IOException("empty reply");
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
