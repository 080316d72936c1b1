package io.redisha.redis;

import io.redisha.model.Address;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One SENTINEL FAILOVER, and what it takes to make it a safe and a quick one. Whom it promotes is the sentinel's choice.
 *
 * <ol>
 * <li>The sentinel chooses by its last INFO of each replica, which may be seconds old: one with fewer of the acknowledged writes would win
 * against an older word of the one that has them all. So it is made to ask anew first.
 * <li>It takes the next epoch without asking the others; a second one, forced at another of them, would take the same, and two masters
 * of one epoch are never reconciled. So the others are told of the epoch at once, and not within the two seconds up to the next hello.
 * <li>It looks only once a second whether the chosen one is a master, and tells the others then; to its clients it names the old one up to
 * then, and says that there is a new one when it has had every replica follow it. We look now, and tell the others, and it.
 * </ol>
 *
 * <p>Each is told in the words of a sentinel that it knows, a hello, which says nothing but what that one would say itself within two
 * seconds; and if it does not live to say it, what was said is true nevertheless.
 */
final class SentinelFailover implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(SentinelFailover.class);
    private static final long MS = 1_000_000L;
    private static final long ANSWER = 500 * MS;
    /** Two turns of a sentinel and an answer. */
    private static final long REFRESH = 300 * MS;
    /** As long as it would take to look by itself. */
    private static final long PROMOTION = 1_500 * MS;
    private static final long BETWEEN_LOOKS = 10 * MS;
    private static final String EPOCH = "+new-epoch";
    private static final String BEGUN = "+try-failover";
    private static final String ORDERED = "+failover-state-wait-promotion";

    private final String masterName;
    private final Address leader;
    private final Collection<Address> others;
    private final String password;
    private final String serverPassword;
    private final UnaryOperator<Address> servers;

    /** What the sentinel tells of what it does. */
    private Connection ear;
    private String id;
    private SentinelReply before;

    /**
     * @param leader         the sentinel that is asked
     * @param password       of sentinels, null for none
     * @param serverPassword of servers, null for none
     * @param servers        where one is found of which a sentinel has the name
     */
    SentinelFailover(String masterName, Address leader, Collection<Address> others, String password, String serverPassword,
            UnaryOperator<Address> servers) {
        this.masterName = masterName;
        this.leader = leader;
        this.others = others;
        this.password = password;
        this.serverPassword = serverPassword;
        this.servers = servers;
    }

    /**
     * @throws JedisDataException       it refuses
     * @throws JedisConnectionException it could not be told. One that was told and does not answer may have begun, and is taken to have
     */
    void begin() {
        ear = Link.open(new HostAndPort(leader.host(), leader.port()), password, (int) (ANSWER / MS));
        try (Link link = new Link(leader, password)) {
            ear.sendCommand(new Link.Word("SUBSCRIBE".getBytes(StandardCharsets.US_ASCII)), EPOCH, BEGUN, ORDERED);
            ear.getMany(3);
            id = Link.text(link.call(in(ANSWER), "SENTINEL", "MYID"));
            if (Link.text(link.call(in(ANSWER), "INFO", "sentinel")).contains("sentinel_tilt:1")) {
                // It would take the order, and do nothing about it for half a minute.
                throw new JedisDataException("TILT: it was frozen, or the clock has jumped");
            }
            refresh(link);
            // In haste it would find all it knows too old.
            link.call(in(ANSWER), SentinelPace.CALM);
            before = SentinelReply.ask(link, in(ANSWER), masterName);
            order(link);
        } catch (RuntimeException e) {
            hangUp();
            throw e;
        }
    }

    private void order(Link link) {
        try {
            link.call(in(ANSWER), "SENTINEL", "FAILOVER", masterName);
        } catch (JedisConnectionException e) {
            LOG.info("{} does not say whether it has begun: {}", leader, e.getMessage());
        }
    }

    /** The rest, after it has begun: tells the others. Nothing is lost if it fails. */
    @Override
    public void run() {
        try {
            spread();
        } catch (JedisConnectionException | JedisDataException e) {
            LOG.debug("the failover goes on at its own pace: {}", e.getMessage());
        } finally {
            hangUp();
        }
    }

    private void hangUp() {
        try {
            ear.close();
        } catch (JedisConnectionException e) {
            LOG.debug("it was broken already: {}", e.getMessage());
        }
    }

    private void refresh(Link link) {
        try {
            link.call(in(ANSWER), SentinelPace.HASTE);
            long from = System.nanoTime();
            while (!isFresh(link, from) && System.nanoTime() - from < REFRESH) {
                LockSupport.parkNanos(BETWEEN_LOOKS);
            }
        } catch (JedisDataException e) {
            LOG.debug("the sentinel cannot be made to ask anew: {}", e.getMessage());
        }
    }

    /** Of all whom it could promote it has had an INFO since. */
    private boolean isFresh(Link link, long since) {
        List<Map<String, String>> replicas = SentinelReply.all(link.call(in(ANSWER), "SENTINEL", "REPLICAS", masterName));
        long millis = (System.nanoTime() - since) / MS;
        return replicas.stream().filter(SentinelReply::isLinked).allMatch(replica -> SentinelReply.infoAge(replica) < millis);
    }

    private void spread() {
        long deadline = in(PROMOTION);
        String epoch = null;
        boolean begun = false;
        while (true) {
            long left = (deadline - System.nanoTime()) / MS;
            if (left <= 0) {
                return;
            }
            ear.setSoTimeout((int) left);
            if (!(ear.getUnflushedObject() instanceof List<?> message) || message.size() < 3) {
                continue;
            }
            String words = Link.text(message.get(2));
            switch (Link.text(message.get(1))) {
                case EPOCH -> epoch = begun ? epoch : words.strip();
                case BEGUN -> {
                    begun = true;
                    for (Address other : others) {
                        tell(other, id, epoch, before.master(), Long.toUnsignedString(before.epoch()));
                    }
                }
                case ORDERED -> {
                    Address promoted = promoted(words);
                    if (begun && promoted != null && isMaster(promoted, deadline)) {
                        proclaim(promoted, epoch);
                    }
                    return;
                }
                default -> { }
            }
        }
    }

    /** {@code slave x-1.example:6379 x-1.example 6379 @ mymaster x-0.example 6379} */
    static Address promoted(String words) {
        String[] word = words.strip().split(" ");
        return word.length < 5 || !word[4].equals("@") ? null : new Address(word[2], Integer.parseInt(word[3]));
    }

    private boolean isMaster(Address server, long deadline) {
        try (Link link = new Link(servers.apply(server), serverPassword)) {
            while (System.nanoTime() - deadline < 0) {
                try {
                    if (link.call(in(ANSWER), "ROLE") instanceof List<?> role && Link.text(role.getFirst()).equals("master")) {
                        return true;
                    }
                } catch (JedisConnectionException e) {
                    // The order to lead comes with one to drop all clients, and we are one.
                    LOG.debug("{}: {}", server, e.getMessage());
                }
                LockSupport.parkNanos(BETWEEN_LOOKS);
            }
        }
        return false;
    }

    private void proclaim(Address master, String epoch) {
        String follower = null;
        for (Address other : others) {
            String told = tell(other, id, epoch, master, epoch);
            follower = follower == null ? told : follower;
        }
        if (follower != null) {
            tell(leader, follower, epoch, master, epoch);
        }
    }

    /** @return the id of the one that was told, if it now names this master; null if not, or if it does not know who speaks */
    private String tell(Address to, String speaker, String epoch, Address master, String configEpoch) {
        try (Link link = new Link(to, password)) {
            for (Map<String, String> known : SentinelReply.all(link.call(in(ANSWER), "SENTINEL", "SENTINELS", masterName))) {
                if (speaker.equals(known.get("runid"))) {
                    link.call(in(ANSWER), SentinelHello.command(known, epoch, masterName, master, configEpoch));
                    return master.equals(SentinelReply.ask(link, in(ANSWER), masterName).master()) ? Link.text(link.call(in(ANSWER), "SENTINEL", "MYID")) : null;
                }
            }
        } catch (JedisConnectionException | JedisDataException e) {
            LOG.debug("{} is told by another of them, later: {}", to, e.getMessage());
        }
        return null;
    }

    private static long in(long nanos) {
        return System.nanoTime() + nanos;
    }
}
