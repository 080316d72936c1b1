package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.IOException;
import java.nio.file.Path;

/** What a command finds in its container. */
final class Files {

    private Files() {}

    static String yaml(int redis, int http, int member) {
        return """
                architecture: replication
                name: redis-ha
                replicas: 3
                services: {master: localhost, replicas: localhost, headless: redis-ha-headless}
                ports: {redis: %d, http: %d, member: %d}
                auth: {secretName: redis-ha}
                labels: {selector: {app: redis}}
                """.formatted(redis, http, member);
    }

    static Settings settings(int redis, int http, int member) {
        try {
            return SettingsReader.parse(yaml(redis, http, member));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Path settingsIn(Path dir, int redis, int http, int member) throws IOException {
        return java.nio.file.Files.writeString(dir.resolve("settings.yaml"), yaml(redis, http, member));
    }

    static Path passwordIn(Path dir) throws IOException {
        return java.nio.file.Files.writeString(dir.resolve("password"), "pw");
    }
}
