package io.redisha.redis;

import io.redisha.model.Address;
import java.util.Map;

/**
 * What sentinels tell each other every two seconds: who they are, and whom they take for the master since when. It takes the password to say
 * it in the place of one of them; it has to be what that one would say itself.
 */
final class SentinelHello {

    private SentinelHello() {}

    /**
     * @param speaker     as the one that is told knows it
     * @param epoch       the speaker's current one
     * @param configEpoch in which {@code master} was made master
     */
    static String[] command(Map<String, String> speaker, String epoch, String masterName, Address master, String configEpoch) {
        return new String[] {"PUBLISH", "__sentinel__:hello", String.join(",", speaker.get("ip"), speaker.get("port"), speaker.get("runid"), epoch,
                masterName, master.host(), Integer.toString(master.port()), configEpoch)};
    }
}
