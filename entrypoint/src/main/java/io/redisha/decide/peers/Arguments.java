package io.redisha.decide.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program's command line with its holes filled: {@code {peer}} by those that it is to join, the others by what the pod itself is, or within
 * {@code perPeer} by what the peer is.
 *
 * @param args      as the command's words: those in which {@code {peer}} stands are split at blanks, and left out when there is nobody to join
 * @param perPeer   what one peer is written as; "" for {@code {host}:{port}}
 * @param separator between the peers, which are then one argument; "" if each is one of its own
 */
public record Arguments(List<String> command, List<String> args, String perPeer, String separator, int port) {

    /** @param host what it is called by others: a name or an address, as the program wants it */
    public record Pod(String name, String host, String ip, int ordinal) {}

    private static final Pattern HOLE = Pattern.compile("\\{([A-Za-z][A-Za-z0-9_]*)}");
    private static final String PEER = "{peer}";
    private static final Pattern BLANKS = Pattern.compile(" +");

    public Arguments {
        command = List.copyOf(command);
        args = List.copyOf(args);
        perPeer = perPeer.isEmpty() ? "{host}:{port}" : perPeer;
    }

    /** The whole command line. */
    public List<String> expand(Pod self, List<Pod> peers) {
        List<String> line = new ArrayList<>(expand(command, self, peers));
        line.addAll(arguments(self, peers));
        return line;
    }

    public List<String> arguments(Pod self, List<Pod> peers) {
        return expand(args, self, peers);
    }

    private List<String> expand(List<String> words, Pod self, List<Pod> peers) {
        List<String> all = new ArrayList<>();
        for (String arg : words) {
            if (!arg.contains(PEER)) {
                all.add(fill(arg, self, self));
            } else if (peers.isEmpty()) {
                continue;
            } else if (!separator.isEmpty()) {
                split(arg, String.join(separator, list(self, peers)), self, all);
            } else {
                list(self, peers).forEach(peer -> split(arg, peer, self, all));
            }
        }
        return all;
    }

    /** Each peer as the program wants it written. */
    public List<String> list(Pod self, List<Pod> peers) {
        return peers.stream().map(peer -> fill(perPeer, self, peer)).toList();
    }

    private void split(String arg, String peer, Pod self, List<String> into) {
        for (String word : BLANKS.split(fill(arg, self, self).replace(PEER, peer).strip())) {
            into.add(word);
        }
    }

    private String fill(String text, Pod self, Pod pod) {
        Map<String, String> known = Map.of("self", self.name(), "host", pod.host(), "ip", pod.ip(), "ordinal", ordinal(pod), "port", Integer.toString(port));
        UnaryOperator<String> of = hole -> known.getOrDefault(hole, "{" + hole + "}");
        return HOLE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(of.apply(match.group(1))));
    }

    private static String ordinal(Pod pod) {
        return pod.ordinal() == Integer.MAX_VALUE ? "" : Integer.toString(pod.ordinal());
    }
}
