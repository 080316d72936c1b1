package io.redisha.command;

import io.redisha.config.Settings;
import io.redisha.decide.sentinel.Hosts;

/** What servers and sentinels of a release are called, and asked with. */
record SentinelNames(Settings settings) {

    Hosts servers() {
        return new Hosts(settings.name(), settings.sentinel().hostSuffix(), settings.ports().redis());
    }

    Hosts sentinels() {
        return new Hosts(settings.sentinel().name(), settings.sentinel().sentinelHostSuffix(), settings.ports().sentinel());
    }

    /** What sentinels want to be told; null if they ask for nothing. @param password the release's */
    String password(String password) {
        return settings.auth().enabled() && settings.sentinel().auth() ? password : null;
    }
}
